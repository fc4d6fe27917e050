/** Tables with two machines in them, as the tests of routing/ need them. */
import { UNASKED } from "../../policy/judge.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import { Proof, prove } from "../../policy/proof.ts";
import { BindingTable } from "../../routing/binding_table.ts";
import type { ConnectionRow } from "../../routing/connection_row.ts";
import { ConnectionTable } from "../../routing/connection_table.ts";
import { HostedDomains } from "../../routing/hosted.ts";
import { sendRequest } from "../../routing/pending_request.ts";
import { type Domain, type DomainPair, parseDomain } from "../../xmpp/domain.ts";
import { accepted, delegated, NOW, TIMING } from "../policy/fixtures.ts";

export { accepted, DAY, delegated, NO_CERTIFICATE, NOW } from "../policy/fixtures.ts";

export const OURS = parseDomain("xmpp1.receiving.example");
export const THEIRS = parseDomain("xmpp1.originating.example");
export const MACHINE: PeerCertificate = accepted(THEIRS);

/** `local` is hosted by us, `remote` by the peer. */
export function pair(local: string, remote: string): DomainPair {
  return { local: parseDomain(local), remote: parseDomain(remote) };
}

export const PAIR = pair("target.example", "sender.example");
export const OTHER_TARGET = pair("other-target.example", "sender.example");
export const OTHER_SENDER = pair("target.example", "other-sender.example");

export interface Tables {
  readonly bindings: BindingTable;
  readonly connections: ConnectionTable;
  readonly hosted: HostedDomains;
}

export function tables(): Tables {
  const bindings = new BindingTable();
  const hosted = new HostedDomains([OURS], []);
  for (const { local } of [PAIR, OTHER_TARGET]) hosted.add(local, true, NOW);
  return { bindings, connections: new ConnectionTable(bindings), hosted };
}

export interface Shape {
  readonly direction: "in" | "out";
  readonly bidi?: boolean;
  readonly mode?: "server-name" | "classic";
  readonly certificate?: PeerCertificate;
}

/** An established connection with the peer's machine. */
export function connect({ connections }: Tables, shape: Shape): ConnectionRow {
  const row = connections.open(shape.direction);
  row.secured(shape.certificate ?? MACHINE);
  row.mode = shape.mode ?? "server-name";
  [row.local, row.remote] = row.mode === "server-name" ? [OURS, THEIRS] : [PAIR.local, PAIR.remote];
  row.bidi = shape.bidi ?? false;
  row.peerDna = true;
  row.state = "established";
  return row;
}

/** The proof that the peer's machine may speak for a domain. */
export function proofOf(domain: Domain, certificate: PeerCertificate = MACHINE, now = NOW): Proof {
  const delegation: Delegation = { ...delegated("secure", [THEIRS]), domain };
  const proof = prove("dna-srv", { ...UNASKED, domain, certificate, delegation, now }, TIMING);
  if (!(proof instanceof Proof)) throw new Error(`No proof of ${domain}: ${proof}`);
  return proof;
}

/** The peer's request is granted. */
export function grant({ bindings }: Tables, row: ConnectionRow, { local, remote }: DomainPair) {
  return bindings.grant(row, { local, remote }, row.delegated.get(remote) ?? proofOf(remote), NOW);
}

/** We ask for a pair and the peer says `valid`. */
export function authorise({ bindings }: Tables, row: ConnectionRow, asked: DomainPair) {
  if (!row.delegated.has(asked.remote)) row.delegate(proofOf(asked.remote), NOW);
  const permission = sendRequest(row, asked).accept();
  return permission && bindings.authorise(permission, NOW);
}
