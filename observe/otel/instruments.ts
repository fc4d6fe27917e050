/** The metrics as OpenTelemetry's instruments too, for who is pushed to: the same names, labels and numbers as `/metrics`. console.md 4.1. */
import { FAMILIES, type Family, type FamilyName } from "../metrics/families.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** UCUM, as OpenTelemetry has it. */
const UNITS: readonly (readonly [suffix: string, unit: string])[] = [["_seconds", "s"], ["_bytes", "By"]];

/** From now on Deno's exporter asks for them (`OTEL_METRIC_EXPORT_INTERVAL`). @param failed Hears what went wrong: nobody else would. */
export async function pushMetrics(
  metrics: Metrics,
  version: string,
  failed: (error: unknown) => void,
): Promise<void> {
  const { metrics: api } = await import("@opentelemetry/api");
  const meter = api.getMeter("verona", version);
  const asked = new Map<FamilyName, ReturnType<typeof meter.createObservableGauge>>();
  const recorded = new Map<FamilyName, ReturnType<typeof meter.createHistogram>>();
  for (const [name, family] of Object.entries(FAMILIES) as [FamilyName, Family][]) {
    const unit = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1];
    const about = { description: family.help, ...(unit === undefined ? {} : { unit }) };
    if (family.type === "histogram") {
      const advice = { explicitBucketBoundaries: [...family.buckets!] };
      recorded.set(name, meter.createHistogram(name, { ...about, advice }));
    } else if (family.type === "counter") asked.set(name, meter.createObservableCounter(name, about));
    else asked.set(name, meter.createObservableGauge(name, about));
  }
  metrics.observed((name, labels, value) => recorded.get(name)!.record(value, labels));
  meter.addBatchObservableCallback(async (result) => {
    try {
      const samplesOf = await metrics.read();
      for (const [name, instrument] of asked) {
        for (const { labels, value } of samplesOf(name)) {
          result.observe(instrument, value, Object.fromEntries(labels));
        }
      }
    } catch (error) {
      failed(error);
    }
  }, [...asked.values()]);
}
