/** One line per decision, as JSON or for the eye. console.md 4.3. */
import { configureSync, getLogger, type LogRecord, type Sink } from "@logtape/logtape";
import { CAUSES } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import { printable, printableJson } from "./printable.ts";

export type LogFormat = "json" | "pretty";

/** Starts logging to stderr. Call once per process. */
export function startLog(format: LogFormat, lowest: "debug" | "info" | "warning" = "info"): void {
  configureSync({
    sinks: { stderr: stderrSink(format) },
    loggers: [
      { category: "verona", sinks: ["stderr"], lowestLevel: lowest },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
}

/** Logs a recorded event; `debug` ones only when asked for. */
export function logEvent(event: RecordedEvent): void {
  const [area] = event.type.split(".");
  getLogger(["verona", area!])[event.level ?? "info"](describe(event), { event });
}

/** The sentence of an event: what happened, to whom, why. */
export function describe(event: RecordedEvent): string {
  const who = event.pair ? ` ${event.pair.local} <-> ${event.pair.remote}` : "";
  const where = event.connection ? ` on ${event.connection}` : "";
  const why = event.cause ? `: ${CAUSES[event.cause].text}` : "";
  return `${event.type.replaceAll(".", " ")}${who}${where}${why}`;
}

/** What the line holds; keys of console.md 4.3, then the event's own details. */
function fields(record: LogRecord): Record<string, unknown> {
  const event = record.properties.event as RecordedEvent | undefined;
  const line: Record<string, unknown> = {
    ts: event?.at ?? new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
  };
  if (event === undefined) return { ...line, message: record.message.join("") };
  Object.assign(line, { event: event.type, message: describe(event) });
  if (event.connection !== undefined) line.connection = event.connection;
  if (event.pair !== undefined) Object.assign(line, { local: event.pair.local, remote: event.pair.remote });
  if (event.cause !== undefined) {
    Object.assign(line, { cause: event.cause, fault: CAUSES[event.cause].fault });
  }
  return { ...line, ...event.detail, ...line }; // the fixed keys first, and no detail over them
}

function stderrSink(format: LogFormat): Sink {
  const encoder = new TextEncoder();
  return (record) => {
    const line = format === "json" ? printableJson(fields(record)) : pretty(fields(record));
    Deno.stderr.writeSync(encoder.encode(line + "\n"));
  };
}

/** One line for the eye: peers' words reach a terminal here (console.md 2.4). */
function pretty(
  { ts, level, message, logger: _, event: __, local: ___, remote: ____, ...rest }: Record<string, unknown>,
) {
  const details = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`).join(" ");
  return printable(
    `${String(ts).slice(11, 23)} ${String(level).padEnd(7)} ${message}${details ? `  ${details}` : ""}`,
  );
}
