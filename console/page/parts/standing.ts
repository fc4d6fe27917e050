/** How a connection stood after some of its events: so that the whole page shows one moment. console.md 2.3. */
import type { EventRow } from "../../../observe/contract.ts";

export interface Then {
  readonly state: string;
  readonly local: string | null;
  readonly remote: string | null;
  readonly direction: string | undefined;
  readonly tls: string | null;
  readonly names: readonly string[];
}

export function standingAfter(events: readonly EventRow[]): Then {
  let state = "connecting",
    local: string | null = null,
    remote: string | null = null,
    tls: string | null = null;
  let direction: string | undefined;
  const names = new Set<string>();
  for (const { type, detail = {}, route } of events) {
    if (type === "machine.moved" && /stream$/.test(String(detail.machine))) {
      state = stateOf(String(detail.state));
    }
    if (type === "connection.opened") direction = String(detail.direction);
    if (type === "connection.secured") tls = `${detail.version} · ${detail.cipher}`;
    if (type === "connection.established") {
      [local, remote, direction] = [
        String(detail.local),
        String(detail.remote),
        String(detail.direction),
      ];
    }
    if (route === null) continue;
    if (type === "pair.granted" || type === "pair.authorised") names.add(route.remote);
    if (type === "pair.revoked") names.delete(route.remote);
  }
  return { state, local, remote, direction, tls, names: [...names] };
}

/** The API's word for a stream's state: its machine's outermost one, but for the last steps of the negotiation. */
function stateOf(machine: string): string {
  if (/\.(ready|offering|requesting)$/.test(machine)) return "established";
  return machine.split(".")[0]!;
}
