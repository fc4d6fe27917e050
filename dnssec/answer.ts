/** Replies of the native resolver, decoded to facts. resolver.md 4.3. */
import type { Cause } from "../facts/cause.ts";
import type {
  AnswerStep,
  ChainLink,
  Lookup,
  LookupFacts,
  RecordData,
  RecordType,
  Security,
} from "../facts/dns.ts";

/** A reply as `native/src/dns/reply.rs` prints it; names are absolute, times are ms since the epoch. */
export interface Reply {
  readonly v: 1;
  readonly question: { readonly name: string; readonly type: RecordType };
  readonly status: "NOERROR" | "NODATA" | "NXDOMAIN" | "ERROR";
  readonly state: Security;
  readonly error?: keyof typeof CAUSE_OF;
  readonly why?: string;
  readonly canonicalName?: string;
  readonly steps?: readonly ReplyStep[];
  readonly denial?: { readonly kind: "NSEC" | "NSEC3" | null };
  readonly chain?: readonly ReplyLink[];
  readonly receivedAt?: number;
  readonly validUntil?: number;
  readonly signedUntil?: number | null;
  readonly witness?: Lookup["witness"];
  readonly from?: "cache" | "network";
  readonly tookMs?: number;
  readonly signatures?: number;
}

interface ReplyStep {
  readonly name: string;
  readonly type: string;
  readonly state: Security;
  readonly data: readonly RecordData[];
  readonly sig?: {
    readonly signer: string;
    readonly keyTag: number;
    readonly algorithm: number;
    /** Of the name that was signed, without `*`. */
    readonly labels: number;
    readonly inception: number;
    readonly expiration: number;
  };
}

interface ReplyLink {
  readonly zone: string;
  readonly state: Security;
  readonly keyTags: readonly number[];
  readonly algorithms: readonly number[];
  readonly begins: number | null;
  readonly expires: number | null;
}

const STATUS = { NOERROR: "found", NODATA: "no-data", NXDOMAIN: "no-name", ERROR: "failed" } as const;

const CAUSE_OF = {
  timeout: "dns.timeout",
  servfail: "dns.servfail",
  refused: "dns.servfail",
  network: "dns.unreachable",
  cancelled: "dns.internal",
  "too-large": "dns.too-large",
  loop: "dns.loop",
  budget: "dns.budget",
  bogus: "dns.bogus",
  witness: "dns.witness",
  "witness-unavailable": "dns.witness-unavailable",
  "invalid-name": "dns.invalid-name",
  internal: "dns.internal",
} as const satisfies Record<string, Cause>;

/** `name` and `type` as they were asked: a reply about a broken request does not know them. */
export function decodeReply(reply: Reply, name: string, type: RecordType, now: number): Lookup {
  const failed = reply.state === "bogus" || reply.state === "indeterminate";
  const receivedAt = reply.receivedAt ?? now;
  return {
    name: withoutDot(name),
    type,
    status: STATUS[reply.status],
    security: reply.state,
    records: failed ? [] : recordsOf(reply, type),
    canonicalName: withoutDot(reply.canonicalName ?? name),
    chain: (reply.chain ?? []).map(decodeLink),
    ...(reply.steps?.length ? { steps: reply.steps.map(decodeStep) } : {}),
    ...(reply.denial?.kind ? { denial: reply.denial.kind } : {}),
    ttlMs: Math.max(0, (reply.validUntil ?? receivedAt) - receivedAt),
    signedUntil: reply.state === "secure" ? reply.signedUntil ?? null : null,
    receivedAt,
    cause: failed ? causeOf(reply) : null,
    why: reply.why ?? null,
    witness: reply.witness ?? "not-asked",
  };
}

/** What the answer to a question cost. */
export function factsOf(reply: Reply, { type, security, cause }: Lookup): LookupFacts {
  const { from, tookMs = 0, signatures = 0 } = reply;
  return { type, security, cause, cached: from === "cache", tookMs, signatures };
}

/** The same for a question that the library did not take. */
export function failedLookup(name: string, type: RecordType, cause: Cause, why: string, now: number): Lookup {
  const reply: Reply = { v: 1, question: { name, type }, status: "ERROR", state: "indeterminate", why };
  return { ...decodeReply(reply, name, type, now), cause };
}

function causeOf({ state, error }: Reply): Cause {
  if (error !== undefined) return CAUSE_OF[error] ?? "dns.internal";
  return state === "bogus" ? "dns.bogus" : "dns.internal";
}

/** Of the asked type only: a walk that ended at an alias has none. */
function recordsOf({ status, steps }: Reply, type: RecordType): readonly RecordData[] {
  const last = steps?.at(-1);
  return status === "NOERROR" && last?.type === type ? last.data.map(decodeRecord) : [];
}

function decodeRecord(record: RecordData): RecordData {
  return "target" in record ? { ...record, target: withoutDot(record.target) } : record;
}

function decodeLink({ zone, state, keyTags, algorithms, begins, expires }: ReplyLink): ChainLink {
  return {
    zone: withoutDot(zone),
    security: state,
    keyTags,
    algorithms,
    beginsAt: begins,
    expiresAt: expires,
  };
}

function decodeStep({ name, type, state, data, sig }: ReplyStep): AnswerStep {
  const [first] = data;
  const labels = name.replace(/\.$/, "").split(".").filter((label) => label !== "").length;
  return {
    name: withoutDot(name),
    type,
    security: state,
    signer: sig === undefined ? null : withoutDot(sig.signer),
    keyTag: sig?.keyTag ?? null,
    algorithm: sig?.algorithm ?? null,
    beginsAt: sig?.inception ?? null,
    expiresAt: sig?.expiration ?? null,
    target: first !== undefined && (first.t === "CNAME" || first.t === "DNAME")
      ? withoutDot(first.target)
      : null,
    wildcard: sig !== undefined && sig.labels < labels,
  };
}

/** The root stays ".": an SRV target of "." says that the service is not offered. */
export function withoutDot(name: string): string {
  const bare = name.toLowerCase();
  return bare === "." ? bare : bare.replace(/\.$/, "");
}
