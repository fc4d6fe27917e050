/** What is counted while it happens. What the tables know is read when somebody asks (`Sheet`). */
import type { Sample } from "./exposition.ts";
import { FAMILIES, type Family, type FamilyName, type LabelsOf, type Named } from "./families.ts";
import { type Exemplar, Histogram } from "./histogram.ts";
import { type Cell, cell, Series } from "./series.ts";

/** Hears of an observation of a histogram. */
export type Observed = (
  name: Named<"histogram">,
  labels: Readonly<Record<string, string>>,
  value: number,
) => void;

/** For the life of the process. */
export class Registry {
  /** Whoever makes histograms of their own of the same (`observe/otel/instruments.ts`). */
  observed: Observed | null = null;
  readonly #counters = new Map<FamilyName, Series<Cell>>();
  readonly #histograms = new Map<FamilyName, Series<Histogram>>();

  constructor() {
    for (const [name, family] of Object.entries(FAMILIES) as [FamilyName, Family][]) {
      if (family.type === "counter") this.#counters.set(name, new Series(name, cell));
      else if (family.type === "histogram") {
        this.#histograms.set(name, new Series(name, () => new Histogram(family.buckets ?? [])));
      } else continue;
      // What has no labels is there from the start: from nothing to 1 would be no increase.
      if (family.labels.length === 0) (this.#counters.get(name) ?? this.#histograms.get(name))!.at({});
    }
  }

  count<Name extends Named<"counter">>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#counters.get(name)!.at(labels).value += by;
  }

  /** @param seen The trace that it stands in, where there is one. */
  observe<Name extends Named<"histogram">>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
    seen: Omit<Exemplar, "value"> | null = null,
  ): void {
    this.#histograms.get(name)!.at(labels).observe(value, seen);
    this.observed?.(name, labels, value);
  }

  samplesOf(name: FamilyName): Sample[] {
    const counted = [...this.#counters.get(name)?.all() ?? []];
    const measured = [...this.#histograms.get(name)?.all() ?? []];
    return [
      ...counted.map(({ labels, value: { value } }) => ({ labels: named(name, labels), value })),
      ...measured.flatMap(({ labels, value }) => samplesOfHistogram(named(name, labels), value)),
    ];
  }
}

/** What is read for one answer. */
export class Sheet {
  readonly #cells = new Map<FamilyName, Series<Cell>>();

  /** Adds, so that rows can be counted one by one. */
  add<Name extends Exclude<FamilyName, Named<"histogram">>>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
  ): void {
    const series = this.#cells.get(name) ?? new Series(name, cell);
    this.#cells.set(name, series);
    series.at(labels).value += value;
  }

  samplesOf(name: FamilyName): Sample[] {
    return [...this.#cells.get(name)?.all() ?? []]
      .map(({ labels, value: { value } }) => ({ labels: named(name, labels), value }));
  }
}

function named(name: FamilyName, values: readonly string[]): Sample["labels"] {
  return FAMILIES[name].labels.map((label, i) => [label, values[i]!] as const);
}

function samplesOfHistogram(labels: Sample["labels"], histogram: Histogram): Sample[] {
  const buckets = [...histogram.cumulative()].map(([end, count, exemplar]): Sample => ({
    suffix: "_bucket",
    labels: [...labels, ["le", end === Infinity ? "+Inf" : String(end)]],
    value: count,
    ...(exemplar === undefined ? {} : { exemplar }),
  }));
  return [...buckets, { suffix: "_count", labels, value: histogram.count }, {
    suffix: "_sum",
    labels,
    value: histogram.sum,
  }];
}
