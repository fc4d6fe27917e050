/** One line per decision, as JSON or for the eye. console.md 4.3. */
import { configureSync, getLogger, type LogRecord, type Sink } from "@logtape/logtape";
import { CAUSES } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import { Lines } from "./lines.ts";
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
  const logger = getLogger(["verona", area!]);
  const level = event.level ?? "info";
  if (!logger.isEnabledFor(level)) return;
  // The sink makes the sentence; a record that is whole already is handed on as it is.
  const { category } = logger;
  const record: LogRecord = {
    category,
    level,
    message: [],
    rawMessage: "",
    timestamp: 0,
    properties: { event },
  };
  logger.emit(record);
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
  const { level } = record;
  const logger = record.category.join(".");
  const event = record.properties.event as RecordedEvent | undefined;
  if (event === undefined) {
    return { ts: new Date(record.timestamp).toISOString(), level, logger, message: record.message.join("") };
  }
  const line: Record<string, unknown> = {
    ts: event.at,
    level,
    logger,
    event: event.type,
    message: describe(event),
  };
  if (event.connection !== undefined) line.connection = event.connection;
  if (event.pair !== undefined) {
    line.local = event.pair.local;
    line.remote = event.pair.remote;
  }
  if (event.cause !== undefined) {
    line.cause = event.cause;
    line.fault = CAUSES[event.cause].fault;
  }
  // The fixed keys first, and no detail over them.
  for (const key in event.detail) if (!(key in line)) line[key] = event.detail[key];
  return line;
}

function stderrSink(format: LogFormat): Sink {
  const lines = new Lines((bytes) => Deno.stderr.writeSync(bytes));
  addEventListener("unload", () => lines.flush());
  return (record) => {
    const line = format === "json" ? printableJson(fields(record)) : pretty(fields(record));
    lines.add(line, record.level !== "info" && record.level !== "debug");
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
