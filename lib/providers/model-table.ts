/** A row of a provider's table of models: where it was read, and when. */
export interface ModelRow {
  readonly models: RegExp
  readonly source: string
  /** The day on which the source said so, as YYYY-MM-DD. */
  readonly date: string
}

/** The rows that are about a model, in their order. */
export function rowsOf<Row extends ModelRow>(table: readonly Row[], model: string): Row[] {
  return table.filter(({ models }) => models.test(model))
}
