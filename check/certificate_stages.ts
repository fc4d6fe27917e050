/** What the peer's certificate says, and ours. */
import type { Cause } from "../facts/cause.ts";
import type { Stage } from "../observe/contract.ts";
import { type Carrier, carrierOf, isByKeyAlone, isJudged, needsNoAuthority } from "./carrier.ts";
import { stage, type View } from "./stage.ts";

/** As `connection.secured` tells it. */
interface Secured {
  readonly own: string | null;
  readonly certificate: "accepted" | "refused" | "absent";
  readonly names: readonly string[];
  readonly identifiers: readonly string[];
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly notAfter: string | null;
}

const DAY_MS = 86_400_000;
/** The first of the warnings that we give of our own (protocol.md 6.6). */
const SOON_MS = 14 * DAY_MS;

export function certificateStages(view: View): Stage[] {
  const told = view.of("connection.secured");
  if (told === undefined) return [];
  const secured = told.detail as unknown as Secured;
  return [
    ...chain(view, secured, told.cause ?? null),
    ...names(view, secured),
    ...expiry(view, secured, told.cause ?? null),
    client(secured),
  ];
}

/** Without an authority TLSA or POSH may do, and then nothing is amiss; where only a call back did, somebody should mend it. */
function chain(view: View, { certificate, subject, issuer }: Secured, cause: Cause | null): Stage[] {
  const evidence = { certificate, subject, issuer };
  if (certificate === "accepted") return [stage("tls.chain", "ok", evidence)];
  const why = cause ?? "tls.no-certificate";
  const carrier = carrierOf(view);
  if (carrier !== null && needsNoAuthority(carrier)) {
    return [stage("tls.chain", "ok", { ...evidence, cause: why, ...provenBy(carrier) })];
  }
  const proven = Boolean(view.of("endpoint.judged")?.detail?.prooftype) || view.outcome?.good === true;
  if (!proven && view.outcome === null) return [];
  const verdict = proven || view.depth !== "pair" ? "warn" : "fail";
  return [stage("tls.chain", verdict, { ...evidence, cause: why }, { cause: why })];
}

const provenBy = ({ prooftype, tlsa }: Carrier) => ({
  provenBy: prooftype,
  ...(tlsa === null ? {} : { tlsa }),
});

/** Whether they are the right ones is known when the endpoint was judged. */
function names(view: View, { names, identifiers }: Secured): Stage[] {
  if (!isJudged(view)) return [];
  const judged = view.of("endpoint.judged");
  const carrier = carrierOf(view);
  const said = identifiers.length > 0 ? identifiers : names;
  const evidence = { names: said };
  if (carrier !== null && isByKeyAlone(carrier)) {
    return [stage("tls.names", "ok", { ...evidence, ...provenBy(carrier) })];
  }
  if (said.length === 0) {
    return [
      stage("tls.names", "warn", evidence, { hint: "a certificate without a DNS name proves nothing" }),
    ];
  }
  if (judged?.cause === "tls.names" || judged?.cause === "proof.delegation") {
    // What that costs is said of the proof.
    const verdict = view.depth === "tls" ? "warn" : "fail";
    return [stage("tls.names", verdict, { ...evidence, missing: view.remote }, { cause: "tls.names" })];
  }
  return [stage("tls.names", "ok", evidence)];
}

function expiry(view: View, { notAfter, certificate }: Secured, cause: Cause | null): Stage[] {
  if (notAfter === null || certificate === "absent" || !isJudged(view)) return [];
  const leftMs = Date.parse(notAfter) - view.now;
  const evidence = { notAfter, days: Math.floor(leftMs / DAY_MS) };
  const carrier = carrierOf(view);
  if (carrier !== null && isByKeyAlone(carrier)) {
    return [stage("tls.expiry", "ok", { ...evidence, ...provenBy(carrier) })];
  }
  if (cause === "tls.expired" || leftMs <= 0) {
    return [stage("tls.expiry", "fail", evidence, { cause: "tls.expired" })];
  }
  if (cause === "tls.not-yet-valid") return [stage("tls.expiry", "fail", evidence, { cause })];
  if (leftMs > SOON_MS) return [stage("tls.expiry", "ok", evidence)];
  return [stage("tls.expiry", "warn", evidence, { hint: "its operator should renew it now" })];
}

function client({ own }: Secured): Stage {
  if (own !== null) return stage("tls.client-cert", "ok", { name: own });
  return stage("tls.client-cert", "skip", "none: what we are is for dialback to say");
}
