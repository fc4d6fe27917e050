/** The configuration as the server uses it: parsed, with defaults, in milliseconds and bytes. design.md 2.3. */
import type { Domain } from "../xmpp/domain.ts";

/** What a pair may be proven by, and whether it may do without TLS (protocol.md 3.2). */
export type ProofPolicy = "strict" | "authenticated" | "encrypted" | "legacy";

/** An address to listen on; `port` 0 lets the system choose (tests). */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** A Unix socket, by its absolute path. */
export interface SocketPath {
  readonly path: string;
}

/** Where the console listens. */
export type ConsolePlace = Listen | SocketPath;

export interface CertificateFiles {
  readonly chain: string;
  readonly key: string;
}

/** One domain hosted here. */
export interface HostedDomain {
  readonly name: Domain;
  /** Null: no component may attach; the server answers for the domain itself. */
  readonly componentSecret: string | null;
  readonly policy: TenantPolicy;
  /** It stays hosted and federates with nobody. */
  readonly suspended?: boolean;
  /** Where it was said; absent: in verona.toml. */
  readonly origin?: "run time";
}

/** What a hosted domain asks for itself; null and empty lists inherit. */
export interface TenantPolicy {
  readonly proof: ProofPolicy | null;
  /** Both the server's lists and these must let a peer in. */
  readonly allow: readonly string[];
  readonly block: readonly string[];
}

/** What the server says of one peer by name; null inherits. */
export interface PeerPolicy {
  readonly proof: ProofPolicy | null;
  readonly allowInsecureDelegation: boolean | null;
  readonly daneInbound: DaneInbound | null;
}

export type DaneInbound = "positive" | "enforce";

export interface PolicySettings {
  readonly proof: ProofPolicy;
  readonly serverNames: boolean;
  readonly bidi: boolean;
  readonly allowInsecureDelegation: boolean;
  readonly daneInbound: DaneInbound;
  /** Domains or "*.example"; canonical form. Empty: all. */
  readonly allow: readonly string[];
  readonly block: readonly string[];
  /** What a lost connection left unacknowledged (protocol.md 8.3). */
  readonly onLoss: "bounce" | "resend";
  /** Pings show what arrived, where the peer has no stream management (8.3). */
  readonly fence: boolean;
  /** By name, never by pattern: a weaker policy names its peer (protocol.md 3.2). */
  readonly peer: ReadonlyMap<string, PeerPolicy>;
}

export interface DnsSettings {
  readonly servers: readonly { readonly ip: string; readonly port: number }[];
  /** "iana" or the path of a file of root DNSKEY lines. */
  readonly trustAnchor: string;
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly witness: boolean;
  readonly static: ReadonlyMap<Domain, { readonly host: string; readonly port: number }>;
}

/** `[limits]` (protocol.md 10). Durations in ms, sizes in bytes, rates per the unit in the name. */
export interface Limits {
  readonly stanzaBytes: number;
  readonly unprovenElementBytes: number;
  readonly headerBytes: number;
  readonly depth: number;
  readonly attributes: number;
  readonly elements: number;
  readonly valueBytes: number;
  readonly nameBytes: number;
  readonly namespaceBytes: number;
  readonly unprovenDepth: number;
  readonly unprovenAttributes: number;
  readonly unprovenElements: number;
  /** 0: as fast as it comes. */
  readonly unprovenBytesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly connectTimeoutMs: number;
  readonly connectTotalMs: number;
  readonly tlsTimeoutMs: number;
  readonly headerTimeoutMs: number;
  readonly negotiationTimeoutMs: number;
  readonly dnsQueryTimeoutMs: number;
  readonly dnsTimeoutMs: number;
  readonly proofTimeoutMs: number;
  readonly verifyTimeoutMs: number;
  readonly verdictTimeoutMs: number;
  readonly closingTimeoutMs: number;
  readonly closeNotifyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly idleCheckMs: number;
  readonly shutdownGraceMs: number;
  readonly queueStanzas: number;
  readonly queueBytes: number;
  readonly queueAgeMs: number;
  readonly queuesBytes: number;
  readonly connections: number;
  readonly connectionsUnproven: number;
  readonly connectionsPerAddress: number;
  readonly unprovenPerAddress: number;
  readonly attemptsPerMinute: number;
  readonly outgoingInProgress: number;
  readonly outgoingPerTarget: number;
  readonly pairsPerConnection: number;
  readonly pendingRequests: number;
  readonly pendingRequestsUnproven: number;
  readonly unansweredRequests: number;
  readonly proofRequestsPerSecond: number;
  readonly proofRequestsPerSecondUnproven: number;
  readonly verifyAnswersPerSecond: number;
  readonly verifyConnections: number;
  readonly verifyPerDomain: number;
  readonly provenDomains: number;
  readonly proofs: number;
  readonly proofsWaiting: number;
  readonly proofsPerAddress: number;
  readonly proofsPerAddressUnproven: number;
  readonly denialsPerMinute: number;
  readonly unauthorisedPairsPerMinute: number;
  readonly negativePairMs: number;
  readonly classicOnlyMs: number;
  readonly backoffMaxMs: number;
  readonly recheckMinMs: number;
  readonly recheckMaxMs: number;
  readonly ackTimeoutMs: number;
  readonly smUnackedStanzas: number;
  readonly smUnackedBytes: number;
  readonly poshBytes: number;
  readonly poshRedirects: number;
  readonly poshTimeoutMs: number;
}

/** Of the commands' listings: which columns, in order; absent ones are the command's own. */
export interface Columns {
  readonly connections?: readonly string[];
  readonly routes?: readonly string[];
  readonly proofs?: readonly string[];
  readonly domains?: readonly string[];
}

export interface Config {
  readonly server: {
    /** At least one; the first is the default (A-labels, lower case). */
    readonly names: readonly Domain[];
    readonly gone: readonly Domain[];
    /** Null: made once in `dataDir`. */
    readonly dialbackSecretFile: string | null;
    readonly dataDir: string;
    /** URIs by XEP-0157 field ("abuse", "security", ...), told to whoever asks by disco. */
    readonly contacts: ReadonlyMap<string, readonly string[]>;
  };
  readonly certificates: readonly CertificateFiles[];
  /** "system" and/or PEM files. */
  readonly trust: readonly string[];
  readonly dns: DnsSettings;
  readonly listen: {
    readonly s2s: readonly Listen[];
    /** Direct TLS (XEP-0368). */
    readonly s2sTls: readonly Listen[];
    readonly component: readonly Listen[];
    readonly console: ConsolePlace | null;
  };
  readonly console: { readonly tlsChain: string; readonly tlsKey: string } | null;
  readonly dial: { readonly allowPrivateAddresses: boolean; readonly port: number };
  /** `sample`: the share of traces without a failure that is exported, from 0 to 1. */
  readonly otel: { readonly sample: number };
  readonly policy: PolicySettings;
  readonly domains: readonly HostedDomain[];
  readonly limits: Limits;
  /** For the commands alone: the server never looks at them. */
  readonly columns: Columns;
}
