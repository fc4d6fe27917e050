/** What a page says on its socket: read once, here; whatever is no frame is a mistake. */
import type { ClientFrame, TableName } from "../contract.ts";
import { Problem } from "../problem.ts";
import { isTable } from "../tables/tables.ts";

const MOST_CHARACTERS = 8192;
/** Rows of a window. */
const MOST_ROWS = 500;
const TRACE = /^trace:(?:[ck]-\d{1,15}|[^/\s]{1,1023}\/[^/\s]{1,1023})$/;

/** @throws {Problem} 400 */
export function readFrame(data: unknown): ClientFrame {
  if (typeof data !== "string" || data.length > MOST_CHARACTERS) throw wrong("a frame is a short text");
  const frame = parse(data);
  if (typeof frame.unsub === "string") return { unsub: frame.unsub as TableName };
  const { sub } = frame;
  if (sub === "overview") return { sub };
  if (sub === "events") return { sub, ...after(frame) };
  if (typeof sub !== "string") throw wrong("neither sub nor unsub");
  if (isTrace(sub)) return { sub, ...after(frame) };
  if (isTable(sub)) {
    return { sub, q: text(frame, "q"), sort: text(frame, "sort"), window: window(frame.window) };
  }
  throw wrong("there is no such topic");
}

function isTrace(topic: string): topic is `trace:${string}` {
  return TRACE.test(topic);
}

function parse(data: string): Record<string, unknown> {
  try {
    const value = JSON.parse(data);
    if (typeof value === "object" && value !== null) return value;
  } catch { /* said below */ }
  throw wrong("a frame is a JSON object");
}

function text(frame: Record<string, unknown>, name: string): string {
  const value = frame[name] ?? "";
  if (typeof value !== "string") throw wrong(`${name} is not a text`);
  return value;
}

function after(frame: Record<string, unknown>): { after?: string } {
  return frame.after === undefined ? {} : { after: text(frame, "after") };
}

function window(value: unknown): readonly [number, number] {
  const [from, to] = Array.isArray(value) ? value : [];
  const right = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to >= from;
  if (!right || to - from > MOST_ROWS) throw wrong(`window is [from, to] with at most ${MOST_ROWS} rows`);
  return [from, to];
}

const wrong = (title: string) =>
  new Problem(400, "api.frame", title, 'for example {"sub":"routes","q":"state:denied","window":[0,100]}');
