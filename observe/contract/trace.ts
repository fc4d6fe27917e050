/** A trace in a file: `verona trace --export FILE.json`, and the page's export; both open it again. console.md 2.3. */
import type { ConnectionRow } from "./connections.ts";
import type { EventRow } from "./events.ts";

export interface TraceFile {
  readonly schema: "verona.trace/1";
  readonly exportedAt: string;
  readonly epoch: string;
  /** One of both is there. */
  readonly connection: string | null;
  readonly route: { readonly local: string; readonly remote: string } | null;
  /** Of a connection, as it stood then; null when it was forgotten already. */
  readonly row: ConnectionRow | null;
  readonly ended: boolean;
  /** Events between the first 40 and the last 24 that were let go. */
  readonly left: number;
  readonly events: readonly EventRow[];
}
