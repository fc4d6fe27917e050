/** Between whom a stanza goes, read from its text: for whoever is told what became of it. */
import type { Declarations } from "../xml/reader.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { NS } from "../xmpp/namespaces.ts";
import { parseStanzaHead } from "../xmpp/stanza.ts";
import { domainOf } from "./inward.ts";

/** Null where the other side is nobody. @param end Where its address stands. */
export function pairOf(
  local: Domain,
  text: string,
  end: "from" | "to",
  declared?: Declarations,
): { pair?: DomainPair } {
  const jid = parseStanzaHead(text, NS.server, declared)?.[end] ?? null;
  const remote = jid === null ? null : domainOf(jid);
  return remote === null ? {} : { pair: { local, remote } };
}
