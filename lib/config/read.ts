import * as v from 'valibot'
import { at, type Report } from './problems.ts'

/**
 * Reads a value by its schema and reports each problem below `path`. `Output` is what the schema makes of it; with problems an
 * object of `closed` comes without what is wrong, anything else is undefined.
 */
export function read<Output>(
  schema: v.GenericSchema,
  value: unknown,
  path: string,
  report: Report,
): Output | undefined {
  const { issues = [], output } = v.safeParse(schema, value, { abortPipeEarly: true })
  for (const issue of issues) {
    report(
      (issue.path ?? []).reduce((above, { key }) => at(above, key as string | number), path),
      issue.message,
    )
  }
  return output as Output | undefined
}

/** The items of an issue's path. */
export function pathOf([first, ...others]: readonly (string | number)[]): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const item = (key: string | number | undefined) =>
    ({ type: 'unknown', origin: 'value', input: undefined, key, value: undefined }) as const
  return [item(first), ...others.map(item)]
}
