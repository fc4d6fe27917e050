/** The faults of the table seen from the other end: the faulty peer calls us, and we do not let it in. console.md E1. */
import { Authority, type CertificateOptions } from "../harness/certificates.ts";
import { dial } from "../peer/peer.ts";
import { CLOSING, header, open, openSecured, request, secure } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { type Ground, hostOf, inDays, LOCAL, remoteOf } from "./ground.ts";
import type { InjectedFault } from "./table.ts";

/** Where the scripted peer calls from; nothing in the zone has that address. */
const PEER_OCTET = 180;

export interface IncomingFault extends Omit<InjectedFault, "owner" | "from"> {
  readonly owner: "dns" | "peer" | "policy";
  /** In the headline of its reason: the domain, or the machine where it comes no further. */
  readonly names: string;
  /** Of the series that counts it. */
  readonly metric: string;
  readonly call: (ground: Ground) => Promise<AsyncDisposable>;
}

/** A peer with an identity that is in order but for `options`, which asks for the pair. */
const asks = (id: string, machine: string, options: CertificateOptions = {}) => async (ground: Ground) =>
  await ask(ground, id, machine, await ground.issue({ names: [machine], ...options }));

async function ask(
  ground: Ground,
  id: string,
  machine: string,
  identity: Identity,
): Promise<AsyncDisposable> {
  const o = await call(ground);
  await openSecured(o, { from: machine, to: hostOf("here") }, { identity, serverName: hostOf("here") });
  o.send(request(remoteOf(id), LOCAL));
  await o.anyElement("a verdict");
  return o;
}

/** Comes no further than the header after TLS. */
async function show(ground: Ground, machine: string, identity: Identity): Promise<AsyncDisposable> {
  const o = await call(ground), names = { from: machine, to: hostOf("here") };
  await open(o, names);
  await secure(o, { identity, serverName: hostOf("here") });
  o.send(header(names));
  await o.header();
  await o.streamError("not-authorized");
  o.send(CLOSING);
  return o;
}

const shows = (machine: string, options: CertificateOptions) => async (ground: Ground) =>
  await show(ground, machine, await ground.issue({ names: [machine], ...options }));

const call = (ground: Ground) =>
  dial({ host: ground.ip("here"), port: 5269 }, `${ground.lab.subnet}.${PEER_OCTET}`);

const DENIED = /^xmpp_s2s_pair_decisions_total\{.*direction="in".*decision="denied".*cause="CAUSE"/.source;
const CLOSED = /^xmpp_s2s_connections_closed_total\{.*direction="in".*cause="CAUSE"/.source;

/** Where a fault of the table cannot be met by who is called (refused, timeout), there is no line. */
export const incomingFaults: readonly IncomingFault[] = [
  {
    id: "nxdomain",
    fault: "NXDOMAIN signed",
    injected: "a server asks for a domain that does not exist",
    cause: "dns.nxdomain",
    stage: "dns",
    owner: "dns",
    names: remoteOf("nxdomain"),
    metric: DENIED,
    call: asks("nxdomain", hostOf("refused")),
  },
  {
    id: "servfail",
    fault: "SERVFAIL",
    injected: "a server asks for a domain whose DNS answers SERVFAIL",
    cause: "dns.servfail",
    stage: "dns",
    owner: "dns",
    names: remoteOf("servfail"),
    metric: DENIED,
    call: asks("servfail", hostOf("refused")),
  },
  {
    id: "expired-signature",
    fault: "expired RRSIG",
    injected: "a server asks for a domain whose zone's signatures ended days ago",
    cause: "dns.bogus",
    stage: "dns",
    owner: "dns",
    names: remoteOf("expired-signature"),
    metric: DENIED,
    call: asks("expired-signature", hostOf("refused")),
  },
  {
    id: "unknown-algorithm",
    fault: "unknown algorithm",
    injected: "a server asks for a domain whose DS names an algorithm that nobody knows",
    cause: "dns.insecure",
    stage: "proof",
    owner: "dns",
    names: remoteOf("unknown-algorithm"),
    metric: DENIED,
    call: asks("unknown-algorithm", `mx.${remoteOf("unknown-algorithm")}`),
  },
  {
    id: "no-starttls",
    fault: "no STARTTLS",
    injected: "a server asks for its domain before it has secured the stream",
    cause: "tls.required",
    stage: "tls",
    owner: "peer",
    names: hostOf("no-starttls"),
    metric: CLOSED,
    call: async (ground) => {
      const o = await call(ground);
      await open(o, { from: hostOf("no-starttls"), to: hostOf("here") });
      o.send(request(remoteOf("no-starttls"), LOCAL));
      return o;
    },
  },
  {
    id: "expired-certificate",
    fault: "expired certificate",
    injected: "the calling server's certificate ended yesterday",
    cause: "tls.expired",
    stage: "tls",
    owner: "peer",
    names: hostOf("expired-certificate"),
    metric: CLOSED,
    call: shows(hostOf("expired-certificate"), { notBefore: inDays(-30), notAfter: inDays(-1) }),
  },
  {
    id: "wrong-name",
    fault: "wrong name",
    injected: "the calling server's certificate names a machine that the domain's SRV does not",
    cause: "proof.delegation",
    stage: "proof",
    owner: "dns",
    names: remoteOf("wrong-name"),
    metric: DENIED,
    call: asks("wrong-name", hostOf("refused")),
  },
  {
    id: "untrusted-chain",
    fault: "untrusted chain",
    injected: "the calling server's certificate comes from an authority that is not trusted here",
    cause: "tls.untrusted",
    stage: "tls",
    owner: "peer",
    names: hostOf("untrusted-chain"),
    metric: CLOSED,
    call: async (ground) => {
      const stranger = await Authority.root("An authority that nobody asked");
      const machine = hostOf("untrusted-chain");
      return await show(ground, machine, await stranger.issue({ names: [machine] }));
    },
  },
  {
    id: "blocked",
    fault: "remote not-authorized",
    injected: "the domain that a server asks for is blocked here",
    cause: "policy.blocked",
    stage: "pair",
    owner: "policy",
    names: remoteOf("blocked"),
    metric: DENIED,
    call: asks("blocked", hostOf("refused")),
  },
  {
    id: "clock-skew",
    fault: "clock skew",
    injected: "the calling server's certificate begins tomorrow by our clock",
    cause: "tls.not-yet-valid",
    stage: "tls",
    owner: "peer",
    names: hostOf("clock-skew"),
    metric: CLOSED,
    call: shows(hostOf("clock-skew"), { notBefore: inDays(1), notAfter: inDays(90) }),
  },
];
