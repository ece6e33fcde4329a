/** From the types of SDKs to what goes over the wire, and from ours to what JSON leaves of them. */

type Scalar = string | number | boolean | null | undefined

/** Without what JSON.stringify drops: a field that may be undefined may be absent. */
export type Sent<T> = unknown extends T
  ? T
  : T extends Scalar
    ? T
    : T extends readonly (infer Item)[]
      ? Sent<Item>[]
      : { [K in keyof T as undefined extends T[K] ? never : K]: Sent<T[K]> } & {
          [K in keyof T as undefined extends T[K] ? K : never]?: Sent<Exclude<T[K], undefined>>
        }

type Json = string | number | boolean | Json[] | { [field: string]: Json }

/** Enums as their values, bytes as base64, JSON as anything. */
export type Wire<T> = Json extends T
  ? unknown
  : T extends Uint8Array
    ? string
    : T extends string
      ? `${T}`
      : T extends Scalar
        ? T
        : T extends readonly (infer Item)[]
          ? Wire<Item>[]
          : { [K in keyof T]: Wire<T[K]> }

/** Names in snake_case: `maxTokens` becomes `max_tokens`. */
export type Snake<T> = unknown extends T
  ? T
  : T extends Scalar
    ? T
    : T extends readonly (infer Item)[]
      ? Snake<Item>[]
      : { [K in keyof T as string extends K ? K : K extends string ? SnakeName<K> : K]: Snake<T[K]> }

type SnakeName<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeName<Rest>}`
  : Name

/** With these fields optional, wherever they are. */
export type Optional<T, Names extends string> = unknown extends T
  ? T
  : T extends Scalar
    ? T
    : T extends readonly (infer Item)[]
      ? Optional<Item, Names>[]
      : { [K in keyof T as K extends Names ? never : K]: Optional<T[K], Names> } & {
          [K in keyof T as K extends Names ? K : never]?: Optional<T[K], Names>
        }

/** With these fields free to be anything, wherever they are. */
export type Free<T, Names extends string> = unknown extends T
  ? T
  : T extends Scalar
    ? T
    : T extends readonly (infer Item)[]
      ? Free<Item, Names>[]
      : { [K in keyof T]: K extends Names ? unknown : Free<T[K], Names> }

/** Without fields that only the client vouches for; their names at least must be known. */
export type Less<Ours, Theirs, Names extends Keys<Theirs>> = Ours extends unknown ? Omit<Ours, Names> : never

/** The paths of fields that `Theirs` does not have. Plain assignability lets them pass, as do the servers. */
export type Foreign<Ours, Theirs> = unknown extends Theirs
  ? never
  : Ours extends Scalar
    ? never
    : Ours extends readonly (infer Item)[]
      ? Foreign<Item, Items<Theirs>>
      : { [K in keyof Ours & string]: ForeignField<Ours, Theirs, K> }[keyof Ours & string]

type ForeignField<Ours, Theirs, K extends keyof Ours & string> = string extends K
  ? never
  : K extends Keys<Theirs>
    ? Prefixed<K, Foreign<Ours[K], At<Theirs, K>>>
    : string extends Keys<Theirs>
      ? never
      : K

type Prefixed<K extends string, Path> = Path extends string ? `${K}.${Path}` : never
type Keys<T> = T extends Scalar | readonly unknown[] ? never : keyof T
type At<T, K> = T extends Scalar | readonly unknown[] ? never : K extends keyof T ? T[K] : never
type Items<T> = T extends readonly (infer Item)[] ? Item : never

/** Whether a value of ours is one of theirs, down to the last field. It does not compile if it is not assignable. */
export type Fits<Ours extends Theirs, Theirs> = [Foreign<Ours, Theirs>] extends [never]
  ? true
  : { unknown: Foreign<Ours, Theirs> }
