/** How the machine that TCP reached is spoken to: names of the header, SNI, TLS, EXTERNAL. protocol.md 2.10, 3.4, 6.2, 6.3. */
import type { TlsUse } from "../machines/tls_initiating.ts";
import { usableTlsa } from "../policy/dane.ts";
import type { HeaderMode } from "../policy/header.ts";
import type { Entry } from "../policy/ladder.ts";
import { type Domain, parseDomain, toAscii } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import type { Contact } from "./course.ts";
import type { OutboundInput } from "./outbound_stream.ts";

/** The two ends as our header has them. */
export interface HeaderNames {
  readonly mode: HeaderMode;
  readonly local: Domain;
  readonly remote: Domain;
}

export function headerNames(
  server: ServerContext,
  { local, domain }: OutboundInput,
  { rung, target }: Entry,
): HeaderNames {
  if (rung !== "server-name") return { mode: "classic", local, remote: domain };
  return { mode: "server-name", local: server.config.server.names[0]!, remote: parseDomain(target.host) };
}

/** 6.2, 6.3: between server names the SRV target; on classic streams, and in direct TLS, the service domain. */
export function sniFor({ domain }: OutboundInput, { entry, machine }: Contact): string {
  const { rung, target, sni } = entry;
  const byTarget = sni === "target" || (rung === "server-name" && machine.tls === "starttls");
  return byTarget ? target.host : toAscii(domain);
}

/** between server names there is no SASL. */
export function approach(
  server: ServerContext,
  { purpose, local, domain, tlsOptional }: OutboundInput,
  { entry: { rung, redirect }, machine, tlsa }: Contact,
): { readonly tls: TlsUse; readonly external: boolean } {
  const external = rung === "external" && purpose === "federation";
  if (machine.tls === "direct") return { tls: "direct", external };
  // 3.4 step 4: who publishes TLSA is never spoken to in plaintext. Nor is who was named inside TLS.
  const mandatory = redirect !== null || usableTlsa(tlsa, server.host.clock.now()).length > 0;
  const clear = rung === "cleartext" || rung === "versionless" || tlsOptional === true;
  // Asked again: the policy may have changed since the ladder was at this rung.
  return clear && !mandatory && server.takesCleartext(local, domain)
    ? { tls: "offered", external: false }
    : { tls: "required", external };
}
