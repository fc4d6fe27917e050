/** A check for monitoring: one line for Nagios, a text file for Prometheus' collectors. console.md 3.5. */
import type { CheckReport } from "../observe/contract.ts";
import { printable } from "../observe/printable.ts";

/** Nagios cuts at a bar: what stands behind it is performance data. */
export function nagiosLine(report: CheckReport): string {
  const { domain, stage, verdict, warnings, cause, text, elapsedMs } = report;
  const word = { open: warnings > 0 ? "WARNING" : "OK", closed: "CRITICAL", unknown: "UNKNOWN" }[verdict];
  const warned = report.stages.filter((stage) => stage.verdict === "warn").map(({ id }) => id).join(", ");
  const until = stage === "pair" ? "" : ` as far as ${stage}`;
  const why = cause !== null
    ? `${text} (${cause})`
    : warnings > 0
    ? `works${until}, but: ${warned}`
    : verdict === "open"
    ? `federation works${until}`
    : "nothing of it could be judged";
  const line = `XMPP S2S ${word} - ${domain}: ${why}`.replaceAll("|", "/");
  return printable(`${line} | time=${(elapsedMs / 1000).toFixed(3)}s`);
}

interface Series {
  readonly name: string;
  readonly help: string;
  readonly of: (report: CheckReport) => readonly [labels: Readonly<Record<string, string>>, value: number][];
}

/** Names of xmpp-blackbox-exporter where they fit, so that dashboards for it work. */
const SERIES: readonly Series[] = [
  {
    name: "probe_success",
    help: "1 if federation works, as far as --stage",
    of: (report) => [[{}, report.verdict === "open" ? 1 : 0]],
  },
  {
    name: "probe_duration_seconds",
    help: "How long the check took",
    of: (report) => [[{}, report.elapsedMs / 1000]],
  },
  {
    name: "probe_xmpp_duration_seconds",
    help: "How long a stage took",
    of: ({ stages }) =>
      stages.filter(({ elapsedMs }) => elapsedMs !== null).map((
        { id, elapsedMs },
      ) => [{ phase: id }, elapsedMs! / 1000]),
  },
  {
    name: "probe_ssl_earliest_cert_expiry",
    help: "When the peer's certificate ends, seconds since the epoch",
    of: ({ stages }) => timeOf(stages.find(({ id }) => id === "tls.expiry")?.evidence, "notAfter"),
  },
  {
    name: "verona_check_proof_expiry_timestamp_seconds",
    help: "When the proof ends, seconds since the epoch",
    of: ({ stages }) => timeOf(stages.find(({ id }) => id === "proof.expiry")?.evidence, "expires"),
  },
  {
    name: "probe_dialback_offered",
    help: "1 if the peer takes dialback",
    of: ({ stages }) => {
      const evidence = stages.find(({ id }) => id === "dialback.offered")?.evidence;
      const { offered } = (evidence ?? {}) as { readonly offered?: boolean };
      return offered === undefined ? [] : [[{}, offered ? 1 : 0]];
    },
  },
  {
    name: "verona_check_stage",
    help: "1 for the verdict of each stage",
    of: ({ stages }) => stages.map(({ id, verdict }) => [{ stage: id, verdict }, 1]),
  },
  {
    name: "verona_check_depth",
    help: "1 for the stage that it went to",
    of: ({ stage }) => [[{ stage }, 1]],
  },
  {
    name: "verona_check_failed",
    help: "1 for the cause of a failure",
    of: ({ cause }) => cause === null ? [] : [[{ cause }, 1]],
  },
];

export function prometheusText(reports: readonly CheckReport[]): string {
  return SERIES.map(({ name, help, of }) => {
    const lines = reports.flatMap((report) =>
      of(report).map(([labels, value]) =>
        `${name}{${labelled({ target: report.domain, ...labels })}} ${value}`
      )
    );
    return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines].join("\n");
  }).join("\n");
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  return Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`).join(",");
}

function timeOf(evidence: unknown, key: string): [Record<string, string>, number][] {
  const value = (evidence as Record<string, unknown> | null | undefined)?.[key];
  return typeof value === "string" ? [[{}, Date.parse(value) / 1000]] : [];
}
