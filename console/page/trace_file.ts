/** A trace in a file, by this page or by `verona trace --export`: opened without the server that it is of. console.md 2.3. */
import { signal } from "@preact/signals";
import type { Move } from "../../facts/event.ts";
import type { ConnectionRow, EventRow, TraceFile } from "../../observe/contract.ts";
import { go } from "./location.ts";
import type { Trace } from "./parts/trace.ts";
import { epoch } from "./socket.ts";

const SCHEMA = "verona.trace/1";
const MOST_BYTES = 32 * 1024 * 1024;

/** What was opened last. */
export const opened = signal<{ readonly name: string; readonly file: TraceFile } | null>(null);
/** Why the last one could not be. */
export const refused = signal<string | null>(null);

export function saveTrace(id: string, row: ConnectionRow | null, { ended, left, events }: Trace): void {
  const file: TraceFile = {
    schema: SCHEMA,
    exportedAt: new Date().toISOString(),
    epoch: epoch.value ?? "",
    connection: id,
    route: null,
    row,
    ended,
    left,
    events,
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([JSON.stringify(file, null, 2) + "\n"], { type: "application/json" }),
  );
  link.download = `${id}.trace.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function openTrace(given: File): Promise<void> {
  const file = given.size > MOST_BYTES ? null : parse(await given.text());
  refused.value = file === null ? `${given.name} is no trace of Verona (${SCHEMA})` : null;
  opened.value = file === null ? null : { name: given.name, file };
  go("/trace");
}

/** A file that is dropped anywhere is opened, and never left to the browser, which would leave the page for it. */
export function acceptDrops(): void {
  const carries = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
  const mark = (on: boolean) => document.documentElement.toggleAttribute("data-dropping", on);
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && mark(false));
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer!.files;
    if (file !== undefined) void openTrace(file);
  });
}

/** Whoever sent the file may have written anything: only what the page can draw is taken. */
function parse(text: string): TraceFile | null {
  try {
    const file = JSON.parse(text) as TraceFile;
    return isTrace(file) ? file : null;
  } catch {
    return null;
  }
}

function isTrace(file: TraceFile): boolean {
  return file.schema === SCHEMA && (typeof file.connection === "string" || isPair(file.route)) &&
    typeof file.exportedAt === "string" && typeof file.left === "number" && Array.isArray(file.events) &&
    file.events.every(isEvent);
}

const isPair = (pair: EventRow["route"]): boolean =>
  typeof pair === "object" && typeof pair?.local === "string" && typeof pair.remote === "string";

function isEvent({ seq, at, type, connection, route, cause, detail }: EventRow): boolean {
  return typeof seq === "number" && typeof type === "string" && !Number.isNaN(Date.parse(at)) &&
    (connection === null || typeof connection === "string") && (route === null || isPair(route)) &&
    (cause === undefined || typeof cause === "string") &&
    (detail === undefined || (typeof detail === "object" && detail !== null)) &&
    (type !== "machine.moved" || isMove(detail as unknown as Move));
}

const isMove = (move: Move | undefined): boolean =>
  move !== undefined &&
  [move.machine, move.actor, move.on, move.state].every((word) => typeof word === "string") &&
  Array.isArray(move.edges) && move.edges.every((edge) => typeof edge === "string");
