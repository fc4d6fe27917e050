/** What panels ask Prometheus, in a few words. */

export interface Target {
  /** `$` stands for the filter by the instances that are looked at. */
  readonly expr: string;
  /** With `{{label}}`s. */
  readonly legend?: string;
}

export const one = (expr: string, legend = "{{instance}}"): readonly Target[] => [{ expr, legend }];
export const rate = (metric: string, by: string, filter = ""): readonly Target[] =>
  one(`sum by (${by}) (rate(${metric}{$${filter}}[$__rate_interval])) > 0`, legendOf(by));
const legendOf = (by: string) => by.split(", ").map((label) => `{{${label}}}`).join(" ");
export const quantiles = (metric: string, by: string, filter = ""): readonly Target[] =>
  [0.5, 0.95, 0.99].map((q) => ({
    expr: `histogram_quantile(${q}, sum by (${[...by === "" ? [] : [by], "le"].join(", ")}) ` +
      `(rate(${metric}_bucket{$${filter}}[$__rate_interval])))`,
    legend: `p${q * 100} ${by === "" ? "" : legendOf(by)}`.trim(),
  }));
