/** A fact about models that stands in a table, with what it rests on. */
export interface TableRow {
  /** A page, a repository or a report. */
  source: string
  /** The month in which the source said so: `2026-11`. Facts older than a year are listed by a test. */
  seen: string
}
