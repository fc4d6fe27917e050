/** One line per decision, as JSON, as logfmt or for the eye. console.md 4.3. */
import { configureSync, getLogger, type LogRecord, type Sink } from "@logtape/logtape";
import { CAUSES } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import { type Levels, LogLevels, USUAL } from "./levels.ts";
import { Lines } from "./lines.ts";
import { logfmt } from "./logfmt.ts";
import { printable, printableJson } from "./printable.ts";
import { sentence } from "./sentences.ts";

/** How a line is written. */
export const FORMATS = { json: printableJson, logfmt, pretty } as const;

export type LogFormat = keyof typeof FORMATS;

let levels = new LogLevels(USUAL);

/** Starts logging to stderr. Call once per process; what is logged can be changed by the result. */
export function startLog(format: LogFormat, usual: Levels = USUAL): LogLevels {
  configureSync({
    sinks: { stderr: stderrSink(format) },
    loggers: [
      { category: "verona", sinks: ["stderr"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
  return levels = new LogLevels(usual);
}

/** Logs a recorded event, where its area and level are asked for. */
export function logEvent(event: RecordedEvent): void {
  const [area] = event.type.split(".") as [string];
  const level = event.level ?? "info";
  if (!levels.isLogged(area, level)) return;
  // The sink makes the sentence; a record that is whole already is handed on as it is.
  const logger = getLogger(["verona", area]);
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

/** What the line holds: the fixed keys of console.md 4.3 in their order, then the event's own details. */
export function fields(event: RecordedEvent, level: string, logger: string): Record<string, unknown> {
  const { pair, connection, cause, traceId, spanId, detail = {} } = event;
  const { direction, state, elapsedMs, ...others } = detail;
  const line: Record<string, unknown> = {
    ts: event.at,
    level,
    logger,
    event: event.type,
    message: sentence(event),
  };
  if (connection !== undefined) line.connection = connection;
  if (pair !== undefined) {
    line.pair = `${pair.local} ${pair.remote}`;
    line.local = pair.local;
    line.remote = pair.remote;
  }
  if (direction !== undefined) line.direction = direction;
  if (state !== undefined) line.state = state;
  if (cause !== undefined) {
    line.cause = cause;
    line.fault = CAUSES[cause].fault;
  }
  if (elapsedMs !== undefined) line.elapsed_ms = elapsedMs;
  if (traceId !== undefined) {
    line.trace_id = traceId;
    line.span_id = spanId;
  }
  // No detail over the fixed keys.
  for (const key in others) if (!(key in line)) line[key] = others[key];
  return line;
}

/** The record of an event, or of the logging library's own words. */
function fieldsOf({ properties, category, level, timestamp, message }: LogRecord): Record<string, unknown> {
  const event = properties.event as RecordedEvent | undefined;
  const logger = category.join(".");
  if (event !== undefined) return fields(event, level, logger);
  return { ts: new Date(timestamp).toISOString(), level, logger, message: message.join("") };
}

function stderrSink(format: LogFormat): Sink {
  const lines = new Lines((bytes) => Deno.stderr.writeSync(bytes));
  addEventListener("unload", () => lines.flush());
  return (record) => {
    lines.add(FORMATS[format](fieldsOf(record)), record.level !== "info" && record.level !== "debug");
  };
}

/** Said by the sentence, or not for the eye. */
const SAID: ReadonlySet<string> = new Set([
  "ts",
  "level",
  "logger",
  "event",
  "message",
  "connection",
  "pair",
  "local",
  "remote",
  "mistakes",
  // Nobody reads these; what can look them up gets JSON.
  "trace_id",
  "span_id",
]);

/** One line for the eye: peers' words reach a terminal here (console.md 2.4). What is deeper than a list is in the JSON and in the trace. */
export function pretty(line: Record<string, unknown>): string {
  const details = Object.entries(line).filter(([key, value]) => !SAID.has(key) && isShort(value))
    .map(([key, value]) => `${key}=${value}`).join(" ");
  const { ts, level, message } = line;
  return printable(
    `${String(ts).slice(11, 23)} ${String(level).padEnd(7)} ${message}${details ? `  ${details}` : ""}`,
  );
}

function isShort(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return false;
  return typeof value !== "object" ||
    (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one !== "object"));
}
