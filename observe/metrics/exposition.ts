/** The two text formats. https://prometheus.io/docs/specs/om/open_metrics_spec; Prometheus 0.0.4. */
import { FAMILIES, type Family, type FamilyName, sampled } from "./families.ts";
import type { Exemplar } from "./histogram.ts";

/** OpenMetrics 1.0, or the older format that everything reads. */
export type Format = "openmetrics" | "text";

/** One line: labels with their values, in order. */
export interface Sample {
  /** What stands behind the sampled name: `_bucket`, `_count`, `_sum`. */
  readonly suffix?: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  /** Only OpenMetrics has them. */
  readonly exemplar?: Exemplar;
}

const UNITS = ["seconds", "bytes"];

/** The whole exposition; families without samples are named all the same, so that what exists can be seen. */
export function print(samplesOf: (name: FamilyName) => readonly Sample[], format: Format): string {
  const names = Object.keys(FAMILIES) as FamilyName[];
  const blocks = names.map((name) => head(name, format) + lines(name, samplesOf(name), format));
  return blocks.join("") + (format === "openmetrics" ? "# EOF\n" : "");
}

/** OpenMetrics names the family without its suffix; the older format knows only what is sampled, and no `info`. */
function head(name: FamilyName, format: Format): string {
  const { type, help }: Family = FAMILIES[name];
  if (format === "text") {
    const said = sampled(name);
    return `# HELP ${said} ${escapeHelp(help)}\n# TYPE ${said} ${type === "info" ? "gauge" : type}\n`;
  }
  const unit = UNITS.find((one) => name.endsWith(`_${one}`));
  return `# TYPE ${name} ${type}\n${unit === undefined ? "" : `# UNIT ${name} ${unit}\n`}# HELP ${name} ${
    escape(help)
  }\n`;
}

function lines(name: FamilyName, samples: readonly Sample[], format: Format): string {
  const base = sampled(name);
  return samples.map(({ suffix = "", labels, value, exemplar }) => {
    const example = exemplar === undefined || format === "text" ? "" : printExemplar(exemplar);
    return `${base}${suffix}${printLabels(labels)} ${number(value)}${example}\n`;
  }).join("");
}

function printExemplar({ traceId, value, at }: Exemplar): string {
  return ` # ${printLabels([["trace_id", traceId]])} ${number(value)} ${number(at / 1000)}`;
}

function printLabels(labels: Sample["labels"]): string {
  if (labels.length === 0) return "";
  return `{${labels.map(([key, value]) => `${key}="${escape(value)}"`).join(",")}}`;
}

/** As both formats have it. */
export function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

const escapeHelp = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escape = (text: string) => escapeHelp(text).replaceAll('"', '\\"');
