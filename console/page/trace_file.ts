/** A trace in a file, by this page or by `verona trace --export`: opened without the server that it is of. console.md 2.3. */
import { signal } from "@preact/signals";
import type { ConnectionRow, TraceFile } from "../../observe/contract.ts";
import { bytes } from "./format.ts";
import { go } from "./location.ts";
import type { Trace } from "./parts/trace.ts";
import { epoch } from "./socket.ts";
import { MOST_BYTES, parse, SCHEMA } from "./trace_reading.ts";

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
  // What is too large is not even read.
  const isTooLarge = given.size > MOST_BYTES;
  const file = isTooLarge ? null : parse(await given.text());
  refused.value = file !== null
    ? null
    : isTooLarge
    ? `${given.name} is too large for this page: ${bytes(given.size)}, and it reads traces of at most ${
      bytes(MOST_BYTES)
    }. The command line reads larger ones: verona trace --open FILE`
    : `${given.name} is no trace of Verona (${SCHEMA})`;
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
