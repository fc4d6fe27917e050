/** Are you there? XEP-0199; protocol.md 8.3, 8.5. */
import { element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import type { DomainPair } from "./domain.ts";
import { NS, SCOPES } from "./namespaces.ts";

/** A ping from our domain to the peer's. */
export function printPing({ local, remote }: DomainPair, id: string): string {
  const attrs = { type: "get", id, from: local, to: remote };
  return print(element(NS.server, "iq", attrs, element(NS.ping, "ping")), SCOPES[NS.server]);
}
