/** One line of a result: a figure, what it is compared with in the same run, and the goal for the ratio or value. */
export interface BenchRow {
  name: string;
  value: number;
  unit: string;
  /** What `ratio` is taken against, measured in the same run. */
  baseline?: string;
  ratio?: number;
  goal?: string;
}
