/** Whoever sent a trace may have written anything: only what the page can draw is taken. Pure. console.md 2.3. */
import type { Move } from "../../facts/event.ts";
import type { EventRow, TraceFile } from "../../observe/contract.ts";

export const SCHEMA = "verona.trace/1";

/** The beginning of a long history, which the server keeps too; then comes what was left out. */
export const FIRST = 40;
/** So many events of a file are drawn: what this page exports has 600. */
export const MOST_EVENTS = 2000;
/** Two thousand events are a megabyte. */
export const MOST_BYTES = 8 << 20;

/** Of a detail: deeper ones than any of ours would be more than can be printed. */
const DEEPEST = 32;
/** An object with one of these as a value can be no text. */
const WORDS_OF_JAVASCRIPT = ["toString", "valueOf", "toJSON", "__proto__"];

/** Null when it is none. */
export function parse(text: string): TraceFile | null {
  try {
    const file = JSON.parse(text) as TraceFile;
    return isTrace(file) ? file : null;
  } catch {
    return null;
  }
}

/** What of a trace is drawn: how it began and how it ended. */
export function bounded(
  { events, left }: TraceFile,
): { readonly events: TraceFile["events"]; readonly left: number } {
  if (events.length <= MOST_EVENTS) return { events, left };
  const dropped = events.length - MOST_EVENTS;
  return { events: [...events.slice(0, FIRST), ...events.slice(FIRST + dropped)], left: left + dropped };
}

function isTrace(file: TraceFile): boolean {
  const { connection, route } = file;
  return file.schema === SCHEMA && isAbout(connection, route) && (connection === null) !== (route === null) &&
    typeof file.exportedAt === "string" && typeof file.left === "number" && Array.isArray(file.events) &&
    file.events.every(isEvent);
}

const isAbout = (connection: unknown, route: EventRow["route"]): boolean =>
  (connection === null || typeof connection === "string") && (route === null || isPair(route));

const isPair = (pair: EventRow["route"]): boolean =>
  typeof pair === "object" && typeof pair?.local === "string" && typeof pair.remote === "string";

function isEvent({ seq, at, type, connection, route, cause, traceId, detail }: EventRow): boolean {
  return typeof seq === "number" && typeof type === "string" && /^[a-z]+\.[a-z.]+$/.test(type) &&
    typeof at === "string" && !Number.isNaN(Date.parse(at)) && isAbout(connection, route) &&
    (cause === undefined || typeof cause === "string") &&
    (traceId === undefined || typeof traceId === "string") &&
    (detail === undefined || (typeof detail === "object" && detail !== null && isPlain(detail, 0))) &&
    (type !== "machine.moved" || isMove(detail as unknown as Move));
}

function isPlain(detail: unknown, depth: number): boolean {
  if (typeof detail !== "object" || detail === null) return true;
  return depth < DEEPEST && !WORDS_OF_JAVASCRIPT.some((word) => Object.hasOwn(detail, word)) &&
    Object.values(detail).every((inner) => isPlain(inner, depth + 1));
}

const isMove = (move: Move | undefined): boolean =>
  move !== undefined &&
  [move.machine, move.actor, move.on, move.state].every((word) => typeof word === "string") &&
  Array.isArray(move.edges) && move.edges.every((edge) => typeof edge === "string");
