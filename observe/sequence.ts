/**
 * A trace as a conversation: who said what to whom, what was concluded, and the state afterwards. console.md 3.6, 6 D2.
 * The same lines for the command line, the exports and the page: pure, and types alone are imported.
 */
import type { EventRow } from "./contract.ts";
import { sayings } from "./sayings.ts";

export type Lane = "resolver" | "local" | "peer";

export interface Line {
  /** Of the event; a question to DNS has that of its answer. */
  readonly seq: number;
  /** Since the trace began. */
  readonly tMs: number;
  readonly from: Lane;
  /** The same as `from`: nothing was said, something was concluded. */
  readonly to: Lane;
  readonly text: string;
  /** False: it is refused, denied, or failed. */
  readonly ok: boolean;
  /** Said inside TLS. */
  readonly encrypted: boolean;
  /** Of the machines that moved by it, afterwards: `established`, `assertion in: proving`. */
  readonly states: readonly string[];
}

/** What an event says; a line without its time and its surroundings. */
export interface Saying {
  readonly from: Lane;
  readonly to: Lane;
  readonly text: string;
  readonly ok?: boolean;
  /** How long before the event it was said. */
  readonly earlierMs?: number;
}

/** The machines whose traces these are need no name. */
const MAIN: readonly string[] = ["inbound stream", "outbound stream", "component stream", "route"];
/** What follows sooner follows from it. */
const AT_ONCE_MS = 50;

/** What came before, where only the end of a trace is drawn. */
export interface Start {
  /** Milliseconds since the epoch. */
  readonly began: number;
  readonly encrypted: boolean;
}

export const startOf = (events: readonly EventRow[]): Start => ({
  began: Date.parse(events[0]?.at ?? ""),
  encrypted: false,
});

/** @param events Of one trace, oldest first. */
export function sequence(events: readonly EventRow[], start = startOf(events)): Line[] {
  const lines: Drawn[] = [];
  const { began } = start;
  let [tMs, encrypted] = [0, start.encrypted];
  for (const event of events) {
    tMs = Math.max(tMs, Date.parse(event.at) - began); // A clock may be set back.
    if (event.type === "machine.moved") drawMove(lines, event, tMs);
    if (event.type === "connection.secured") encrypted = true;
    for (const { earlierMs = 0, ok = true, ...saying } of sayings(event)) {
      const inside = encrypted && (saying.from === "peer") !== (saying.to === "peer");
      const at = Math.max(0, tMs - earlierMs);
      lines.push({ seq: event.seq, tMs: at, ...saying, ok, encrypted: inside, moved: new Map() });
    }
  }
  lines.sort((a, b) => a.tMs - b.tMs);
  return lines.map(({ moved, ...line }) => ({ ...line, states: [...moved.values()] }));
}

interface Drawn extends Omit<Line, "states"> {
  /** By machine. */
  readonly moved: Map<string, string>;
}

/** A move stands beside what brought it about; a timer's has a line of its own. */
function drawMove(lines: Drawn[], { seq, detail }: EventRow, tMs: number): void {
  const { machine, actor, on, state } = detail as Record<"machine" | "actor" | "on" | "state", string>;
  let line = lines.at(-1);
  if (line === undefined || on.startsWith("after ") || tMs - line.tMs > AT_ONCE_MS) {
    line = { seq, tMs, from: "local", to: "local", text: on, ok: true, encrypted: false, moved: new Map() };
    lines.push(line);
  }
  line.moved.set(actor, MAIN.includes(machine) ? state : `${machine}: ${state}`);
}
