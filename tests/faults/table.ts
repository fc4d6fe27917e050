/** One fault that is injected, and the one cause that every outlet must name for it. */
export interface InjectedFault {
  readonly id: string;
  /** What is wrong in the world, in the words of console.md E1. */
  readonly fault: string;
  /** How a test brings it about, for real. */
  readonly injected: string;
  readonly cause: string;
  /** The step of a federation that fails: console.md E, "Where". */
  readonly stage: "dns" | "tcp" | "tls" | "proof" | "pair";
  /** Who can mend it: docs/causes.md, "whose fault". */
  readonly owner: "dns" | "network" | "peer";
  /** The clauses that this line was taken from. */
  readonly from: string;
}

/**
 * The twelve faults of console.md E1 with the causes expected of them.
 *
 * Written from console.md E1, design.md 2.4, docs/protocol.md and docs/causes.md alone, before the code that produces causes was
 * read, so that the test may find that code wrong. Always our `sender.tld` towards a remote domain, policy `authenticated`, nothing
 * cached; but for the fault the remote domain would open: a signed SRV, and a certificate that names its SRV target only.
 */
export const injectedFaults: readonly InjectedFault[] = [
  {
    id: "nxdomain",
    fault: "NXDOMAIN signed",
    injected: "the signed parent proves by NSEC that the domain does not exist",
    cause: "dns.nxdomain",
    stage: "dns",
    owner: "dns",
    from: "5.7 proven absence, DNS-23",
  },
  {
    id: "servfail",
    fault: "SERVFAIL",
    injected: "the resolver answers SERVFAIL for every name of the domain",
    cause: "dns.servfail",
    stage: "dns",
    owner: "dns",
    from: "5.7 indeterminate, DNS-20",
  },
  {
    id: "expired-signature",
    fault: "expired RRSIG",
    injected: "the signatures of the domain's zone ended days ago; its DS is in order",
    cause: "dns.bogus",
    stage: "dns",
    owner: "dns",
    from: "5.6 bogus, 5.7 abort M, DNS-12",
  },
  {
    id: "unknown-algorithm",
    fault: "unknown algorithm",
    injected:
      "the only DS of the domain names an algorithm that nobody here knows: the zone counts as insecure",
    cause: "dns.insecure",
    stage: "proof",
    owner: "dns",
    from: "5.9 algorithms, 6.5 (an SRV target must not be used where SRV is insecure), DNS-18, T3",
  },
  {
    id: "refused",
    fault: "refused TCP",
    injected: "nobody listens on the port that the SRV names",
    cause: "tcp.refused",
    stage: "tcp",
    owner: "peer",
    from: "I-6, DNS-6",
  },
  {
    id: "timeout",
    fault: "timeout",
    injected: "the SRV target's machine drops what is sent to it",
    cause: "tcp.timeout",
    stage: "tcp",
    owner: "network",
    from: "I-6, 5.3",
  },
  {
    id: "no-starttls",
    fault: "no STARTTLS",
    injected: "the peer's features have no STARTTLS, and it answers our <starttls/> by <failure/>",
    cause: "tls.refused",
    stage: "tls",
    owner: "peer",
    from: "I-8, 4.6, TLS-3, TLS-4",
  },
  {
    id: "expired-certificate",
    fault: "expired certificate",
    injected: "the peer's certificate, of a trusted authority and with the right name, ended yesterday",
    cause: "tls.expired",
    stage: "tls",
    owner: "peer",
    from: "I-10, 6.6, TLS-13",
  },
  {
    id: "wrong-name",
    fault: "wrong name",
    injected:
      "the peer's certificate, of a trusted authority, names another machine and no domain that is asked for",
    cause: "tls.names",
    stage: "tls",
    owner: "peer",
    from: "I-10, 6.5, DNA-5",
  },
  {
    id: "untrusted-chain",
    fault: "untrusted chain",
    injected:
      "the peer's certificate has the right name and comes from an authority that is not trusted here",
    cause: "tls.untrusted",
    stage: "tls",
    owner: "peer",
    from: "I-10, 6.6, TLS-13",
  },
  {
    id: "not-authorized",
    fault: "remote not-authorized",
    injected: "the peer answers every request by type='error' with not-authorized",
    cause: "peer.denied",
    stage: "pair",
    owner: "peer",
    from: "2.7 actions on error, T3 seen from the other end",
  },
  {
    id: "clock-skew",
    fault: "clock skew",
    injected:
      "the peer's clock runs a day ahead: its certificate, otherwise in order, begins tomorrow by ours",
    cause: "tls.not-yet-valid",
    stage: "tls",
    owner: "peer",
    from: "6.6 validity dates, TLS-13; console.md 3.5 clock.skew",
  },
];
