/**
 * Every reason why a pair is not open or a step failed: one enumerated list, the same id in log, metric, API and
 * command line. There is no "unknown": a new reason gets a new row, and a test that produces it.
 */

/** Who can mend it. `local`: an entity of ours (a component); `policy`: our operator's own choice. */
export type Fault = "us" | "local" | "policy" | "peer" | "dns" | "network";

interface Reason {
  /** One sentence without names or addresses: it may be shown to users. */
  readonly text: string;
  readonly fault: Fault;
  /** What to do next, for the operator. */
  readonly next: string;
}

const reason = (fault: Fault, text: string, next: string): Reason => ({ text, fault, next });
const RESIGN =
  "the domain's DNS operator must repair the zone; `delv +vtrace` on the name shows the broken link";
const WAIT = "nothing here; it is tried again by itself";
/** Debian's Prosody comes with `s2s_secure_auth = true`. */
const OWN_NAME =
  "with `s2s_secure_auth = true` (Debian's default) a Prosody takes nobody without a certificate for the domain's own name: give the domain a `[[certificate]]`, or have it named in the peer's `s2s_insecure_domains`";
const PEER = "the peer's operator must repair it; the evidence says what was seen";

export const CAUSES = {
  "dns.nxdomain": reason("dns", "the domain does not exist in DNS", "check the spelling of the domain"),
  "dns.no-service": reason("dns", "the domain says in DNS that it offers no XMPP federation", "nothing"),
  "dns.bogus": reason("dns", "the domain's DNSSEC signatures do not verify", RESIGN),
  "dns.insecure": reason(
    "dns",
    "the delegation is not signed with DNSSEC",
    "sign the zone and publish its DS",
  ),
  "dns.servfail": reason("dns", "the resolver could not answer for the domain", WAIT),
  "dns.timeout": reason("network", "the resolver did not answer in time", "check `dns.servers`"),
  "dns.unreachable": reason("us", "the resolver cannot be reached", "check `dns.servers`"),
  "dns.busy": reason("us", "too many DNS questions are waiting", "raise the limits or find the flood"),
  "dns.budget": reason("dns", "the answer costs more work to validate than is allowed", RESIGN),
  "dns.loop": reason("dns", "the aliases of the domain go in a circle or too far", RESIGN),
  "dns.too-large": reason("dns", "the DNS answer is larger than is allowed", RESIGN),
  "dns.witness": reason(
    "us",
    "the two DNSSEC validators disagree",
    "report it with the evidence: it may be an attack",
  ),
  "dns.witness-unavailable": reason("network", "the second DNSSEC validator could not look", WAIT),
  "dns.invalid-name": reason("dns", "the name cannot be asked in DNS", "check the spelling of the domain"),
  "dns.no-address": reason("dns", "no server of the domain has a usable address", RESIGN),
  "dns.internal": reason("us", "the DNS library failed", "report it with the log"),

  "tcp.refused": reason("peer", "the peer's server refused the connection", PEER),
  "tcp.timeout": reason(
    "network",
    "the peer's server did not answer the connection",
    "check the route and firewalls",
  ),
  "tcp.unreachable": reason(
    "network",
    "there is no route to the peer's server",
    "check the route and firewalls",
  ),
  "tcp.descriptors": reason(
    "us",
    "this server has no file descriptor left for a connection",
    "raise the limit (`LimitNOFILE` in systemd, `ulimit -n`); until then the console gives way, and it is tried again by itself",
  ),
  "tcp.forbidden": reason(
    "policy",
    "the peer's server has a private address",
    "if that address is meant, set `allow_private_addresses = true` below `[dial]` and restart",
  ),
  "tcp.lost": reason("network", "the connection was lost", WAIT),
  "tcp.reset": reason("peer", "the peer reset the connection", WAIT),
  "tcp.limit": reason("policy", "too many connections from this address", "see `[limits]`"),

  "tls.refused": reason("peer", "the peer refuses to encrypt", PEER),
  "tls.required": reason("peer", "the peer went on without encryption", PEER),
  "tls.injection": reason(
    "peer",
    "plaintext was injected before the TLS handshake",
    "treat the network as hostile",
  ),
  "tls.handshake": reason("peer", "the TLS handshake failed", "the evidence has the TLS library's words"),
  "tls.timeout": reason("peer", "the TLS handshake was not finished in time", PEER),
  "tls.truncated": reason("network", "the connection ended without TLS close_notify", WAIT),
  "tls.renegotiation": reason("peer", "the peer tried to renegotiate TLS", PEER),
  "tls.no-certificate": reason("peer", "the peer showed no certificate", PEER),
  "tls.untrusted": reason("peer", "the peer's certificate leads to no trusted authority", "see `trust.ca`"),
  "tls.self-signed": reason("peer", "the peer's certificate is self-signed", PEER),
  "tls.expired": reason("peer", "the peer's certificate has expired", PEER),
  "tls.revoked": reason("peer", "the peer's certificate was revoked by the authority that issued it", PEER),
  "tls.not-yet-valid": reason("peer", "the peer's certificate is not valid yet", "check both clocks"),
  "tls.ca-leaf": reason("peer", "the peer's certificate is an authority's, not a server's", PEER),
  "tls.usage": reason("peer", "the peer's certificate may not be used for a server", PEER),
  "tls.bad-certificate": reason("peer", "the peer's certificate is malformed or wrongly signed", PEER),
  "tls.names": reason("peer", "the peer's certificate does not carry the name that is needed", PEER),

  "tls.own-certificate": reason(
    "us",
    "our own certificate files changed and cannot be used",
    "`verona config check` says what is wrong; write new files beside the old ones, then rename",
  ),
  "tls.own-name": reason(
    "us",
    "our certificate no longer carries the name of the stream",
    "nothing, if that was meant; else see `[[certificate]]`",
  ),
  "tls.own-validity": reason(
    "us",
    "the certificate of our machine has expired, or is not valid yet",
    "renew it, or set the clock; new files are taken up without a restart",
  ),

  "xml.not-well-formed": reason("peer", "the peer sent XML that is not well-formed", PEER),
  "xml.restricted": reason("peer", "the peer sent XML that XMPP forbids", PEER),
  "xml.encoding": reason("peer", "the peer sent something else than UTF-8", PEER),
  "xml.namespace": reason("peer", "the peer used a wrong namespace for the stream", PEER),
  "xml.limit": reason("peer", "the peer sent an element beyond our limits", "see `[limits]`"),

  "stream.addressing": reason("peer", "a stream header or element has a missing or malformed address", PEER),
  "stream.host-unknown": reason("peer", "the peer asked for a domain that is not hosted here", PEER),
  "stream.host-gone": reason("peer", "the peer asked for a domain that was hosted here", PEER),
  "stream.version": reason("peer", "the peer's stream version is too old", PEER),
  "stream.loop": reason("peer", "the peer claims one of our own domains", "check for a routing loop"),
  "stream.changed-names": reason("peer", "the peer changed the names in its stream header", PEER),
  "stream.header-timeout": reason("peer", "the peer owes a stream header or its features", PEER),
  "stream.negotiation-timeout": reason("peer", "the negotiation was not finished in time", PEER),
  "stream.unsupported": reason("peer", "the peer sent an element that is not known here", PEER),
  "stream.unexpected": reason("peer", "the peer sent an element out of its turn", PEER),
  "stream.feature-required": reason("peer", "the peer demands a stream feature that is not known here", PEER),
  "stream.unproven-name": reason("peer", "the stream's name is not proven by the peer's certificate", PEER),
  "stream.direction": reason("peer", "the peer asked on a connection that goes only the other way", PEER),
  "stream.handled-count": reason(
    "peer",
    "the peer acknowledged more than it was sent, or less than before",
    PEER,
  ),
  "stream.silent": reason("peer", "the peer did not answer when it was asked whether it is there", PEER),
  "stream.idle": reason("us", "the connection was idle", "nothing"),
  "stream.closed": reason("peer", "the peer closed the stream", "nothing"),
  "stream.error": reason("peer", "the peer ended the stream with an error", "the evidence has its condition"),
  "stream.shutdown": reason(
    "peer",
    "the peer is shutting down",
    "nothing: a pair that is needed is opened again by itself",
  ),
  "stream.not-authorized": reason(
    "us",
    "the peer does not take us for who we say we are",
    `the evidence has the peer's own words; ${OWN_NAME}`,
  ),

  "redirect.followed": reason("peer", "the peer sent us to another of its machines", "nothing"),
  "redirect.unproven": reason(
    "peer",
    "the peer sent us to another machine before it had proven who it is",
    "the peer's operator must redirect inside TLS, from a machine that the policy accepts",
  ),
  "redirect.malformed": reason(
    "peer",
    "the peer sent us to something that is neither a domain nor an address, with or without a port",
    PEER,
  ),
  "redirect.loop": reason("peer", "the peer sent us to the machine that we were talking to", PEER),
  "redirect.hops": reason("peer", "the peer sent us on from machine to machine too often", PEER),

  "sasl.claim": reason("peer", "the peer's claim by SASL EXTERNAL is not what its certificate proves", PEER),
  "sasl.failures": reason("peer", "the peer's claims by SASL failed too often", PEER),
  "sasl.refused": reason("peer", "the peer does not accept our identity by SASL EXTERNAL", PEER),

  "proof.delegation": reason(
    "dns",
    "the signed delegation names another server",
    "publish an SRV that names this server",
  ),
  "proof.absent": reason("dns", "the domain publishes no delegation", "publish a signed SRV record"),
  "proof.none": reason("peer", "nothing proves that the server may speak for the domain", PEER),
  "dane.mismatch": reason(
    "peer",
    "the peer's certificate matches none of the TLSA records of its server",
    "publish TLSA records for the certificate in use",
  ),
  "posh.absent": reason("peer", "the domain's web server has no POSH document", "nothing, if it uses none"),
  "posh.unreachable": reason(
    "network",
    "the domain's POSH document could not be fetched over verified HTTPS",
    "`curl -v https://DOMAIN/.well-known/posh/xmpp-server.json` shows why",
  ),
  "posh.invalid": reason("peer", "the domain's POSH document, or the way to it, is not valid", PEER),
  "posh.mismatch": reason("peer", "the peer's certificate is not in the domain's POSH document", PEER),
  "proof.expired": reason("dns", "the proof has expired and could not be renewed", RESIGN),
  "proof.timeout": reason("network", "the proof was not found in time", WAIT),

  "dialback.not-ours": reason(
    "peer",
    "a server was shown a dialback key in our name that we did not make",
    "somebody may play one of our domains; or machines of one domain have different secrets",
  ),

  "dialback.refuted": reason(
    "peer",
    "the sender's authoritative server says that the dialback key is not its own",
    "treat the peer as hostile; or machines of one domain have different secrets",
  ),
  "dialback.error": reason("peer", "the sender's authoritative server does not serve the domain", PEER),
  "dialback.timeout": reason("network", "the sender's authoritative server did not answer in time", WAIT),
  "dialback.done": reason("us", "the question that the connection was opened for was answered", "nothing"),

  "peer.host-unknown": reason("peer", "the peer's server does not know the domain", PEER),
  "peer.host-gone": reason(
    "peer",
    "the peer's server hosts the domain no more",
    "ask where the domain has moved",
  ),
  "peer.denied": reason(
    "peer",
    "the peer denied the pair",
    "the evidence has its condition and its words; the peer's operator can say more",
  ),
  "peer.invalid": reason("peer", "the peer called our claim invalid", PEER),
  "peer.revoked": reason("peer", "the peer withdrew its permission", WAIT),
  "peer.verdict-timeout": reason("peer", "the peer did not answer our request", `${WAIT}; ${OWN_NAME}`),
  "peer.unsolicited": reason(
    "peer",
    "the peer answered a question that nobody asked",
    "treat the peer as hostile",
  ),

  "policy.blocked": reason("policy", "the domain is blocked here", "see `policy.block`"),
  "policy.not-allowed": reason("policy", "the domain is not among those allowed here", "see `policy.allow`"),
  "policy.revoked": reason(
    "policy",
    "the operator revoked the pair",
    "wait until the block ends, which `verona explain LOCAL REMOTE` says; `verona revoke LOCAL REMOTE --lift` ends it now",
  ),
  "policy.suspended": reason(
    "policy",
    "our domain is suspended: it federates with nobody for now",
    "`verona domains resume` ends it",
  ),
  "policy.proof": reason(
    "policy",
    "the pair's policy was changed and no longer takes the proof that opened it",
    "see `policy.proof` and `policy.peer`",
  ),
  "policy.dialback": reason(
    "policy",
    "nothing but a dialback key speaks for the peer, and the policy takes no proof by dialback",
    'policy "encrypted" for this peer would take it; see `policy.peer`',
  ),
  "policy.dns": reason("policy", "the policy refuses a proof while the domain's DNS is bogus", RESIGN),

  "route.not-hosted": reason("peer", "the target domain is not hosted here", PEER),
  "route.own-domain": reason("peer", "the request claims one of our own domains", "check for a routing loop"),
  "route.bad-address": reason("peer", "a stanza has a missing or malformed address", PEER),
  "route.unauthenticated": reason("peer", "a stanza came before anything was proven", PEER),
  "route.spoofed": reason(
    "peer",
    "a stanza claims a domain that was never proven on its connection",
    "treat the peer as hostile",
  ),
  "route.unknown-target": reason("peer", "a stanza is for a domain that is not hosted here", PEER),
  "route.unauthorised": reason(
    "peer",
    "a stanza belongs to a pair that is not authorised on its connection",
    PEER,
  ),
  "route.unauthorised-flood": reason("peer", "too many stanzas of pairs that were never authorised", PEER),
  "route.jid-malformed": reason(
    "local",
    "the stanza's destination is not a valid address",
    "mend the component",
  ),
  "route.bad-request": reason("peer", "an IQ breaks the rules of RFC 6120 8.2.3", PEER),
  "route.too-big": reason("local", "the stanza is larger than the peer accepts", "send smaller stanzas"),
  "route.too-long": reason(
    "peer",
    "the stanza is larger than this server accepts",
    "see `limits.stanza_bytes`; what is advertised is what peers may send",
  ),
  "route.queue-full": reason("peer", "the pair's queue is full", WAIT),
  "route.queue-age": reason("peer", "the stanza waited too long for the pair to open", WAIT),
  "route.queues-full": reason("us", "all queues together are full", "find the peers that do not answer"),
  "route.unacknowledged": reason(
    "network",
    "the connection was lost before the stanza was acknowledged; it may have arrived",
    WAIT,
  ),
  "route.slow-sink": reason("peer", "the receiver does not take what is sent to it", PEER),
  "route.component-away": reason("local", "the domain's component is not connected", "start the component"),

  "limit.pairs": reason(
    "policy",
    "the connection has as many pairs as are allowed",
    "see `limits.pairs_per_connection`",
  ),
  "limit.domains": reason(
    "policy",
    "as many domains are proven on all connections together as are allowed",
    "see `limits.proven_domains`; a peer with a wildcard certificate may be flooding",
  ),
  "limit.requests": reason(
    "policy",
    "the connection has as many open requests as are allowed",
    "see `limits.pending_requests`",
  ),
  "limit.proofs": reason("policy", "too many proofs are being looked up", "see `limits.proofs`"),
  "limit.verifications": reason(
    "policy",
    "as many dialback keys are being verified as are allowed",
    "see `limits.verify_connections` and `limits.verify_per_domain`",
  ),
  "limit.work": reason(
    "peer",
    "the domain's records ask for more work than one request may cause",
    "publish fewer SRV targets",
  ),
  "limit.denials": reason("peer", "too many requests of this connection were denied", PEER),

  "component.handshake": reason("local", "the component's handshake is wrong", "compare the secrets"),
  "component.conflict": reason("local", "the component's domain is already connected", "stop one of the two"),
  "component.unknown": reason("local", "the component's domain is not configured", "add a [[domain]]"),
  "component.foreign-from": reason(
    "local",
    "the component sent for another domain than its own",
    "mend the component",
  ),
  "component.gone": reason("local", "the component disconnected", "start the component"),

  "operator.closed": reason(
    "policy",
    "the operator closed the connection",
    "nothing: a pair that is needed is opened again by itself",
  ),
  "limit.outgoing": reason(
    "policy",
    "as many connections to the peer are open as are allowed",
    "see `limits.outgoing_per_target`",
  ),
  "server.internal": reason("us", "this server failed at it", "report it with the log"),
  "server.starting": reason(
    "us",
    "this server has not opened its listeners",
    "the log says what it waits for",
  ),
  "server.shutdown": reason("us", "this server is shutting down", "nothing"),
  "native.panic": reason("us", "the native library failed on this connection", "report it with the log"),
} as const satisfies Record<string, Reason>;

/** The stable id of one reason. */
export type Cause = keyof typeof CAUSES;

/** Whether a text, for example from the library, is the id of a cause. */
export function isCause(text: string): text is Cause {
  return Object.hasOwn(CAUSES, text);
}
