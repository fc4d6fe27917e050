/** TLS handshakes, those that failed too: of these no event says more than that the connection ended by it. */
import { BoundedMap } from "../../bounded/map.ts";
import type { EventType, RecordedEvent } from "../../facts/event.ts";
import type { Registry } from "./registry.ts";

/** STARTTLS was not even agreed upon. */
const NO_HANDSHAKE = ["tls.refused", "tls.required"];
/** Connections whose handshake is not over. */
const MOST_UNDERWAY = 20_000;

/** What it wants to hear. */
export const HANDSHAKE_TYPES: readonly EventType[] = [
  "connection.opened",
  "connection.secured",
  "connection.failed",
  "connection.closed",
];

export class Handshakes {
  /** Their direction, by connection. */
  readonly #underway = new BoundedMap<string, string>(MOST_UNDERWAY);

  hear(registry: Registry, { type, connection, cause, detail }: RecordedEvent): void {
    if (connection === undefined) return;
    if (type === "connection.opened") return this.#underway.set(connection, String(detail?.direction));
    const direction = this.#underway.get(connection);
    if (direction === undefined) return;
    if (type === "connection.secured") {
      this.#underway.delete(connection);
      const { version, group } = detail ?? {};
      const facts = { protocol: String(version), group: String(group ?? "none"), result: "ok" };
      registry.count("xmpp_s2s_tls_handshakes", { direction, ...facts });
    } else if (type === "connection.failed" || type === "connection.closed") {
      this.#underway.delete(connection);
      if (cause === undefined || !cause.startsWith("tls.") || NO_HANDSHAKE.includes(cause)) return;
      const facts = { protocol: "none", group: "none", result: cause };
      registry.count("xmpp_s2s_tls_handshakes", { direction, ...facts });
    }
  }
}
