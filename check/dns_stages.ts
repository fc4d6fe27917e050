/** Who acts for the domain, whether that is signed, and where it listens. */
import { isIP } from "node:net";
import type { Cause } from "../facts/cause.ts";
import type { Detail, RecordedEvent } from "../facts/event.ts";
import type { Stage } from "../observe/contract.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import { brokenLink, linksTo, type ShownLookup } from "./broken_answer.ts";
import { carrierOf, isJudged, needsNoDnssec } from "./carrier.ts";
import { stage, type View } from "./stage.ts";
import { isUntold } from "./untold.ts";

/** As `actors/evidence.ts` tells it. */
interface Delegation {
  readonly service: "offered" | "refused" | "absent" | "unknown";
  readonly security: "secure" | "insecure" | "bogus" | "indeterminate";
  readonly targets: readonly { readonly host: string; readonly port: number; readonly tls: string }[];
  readonly why: string | null;
  readonly elapsedMs: number;
  readonly lookups: readonly ShownLookup[];
}

export function dnsStages(view: View): Stage[] {
  const told = view.events.findLast(({ type, detail }) =>
    type === "delegation.resolved" && detail?.domain === view.remote
  );
  if (told === undefined) return [];
  const delegation = told.detail as unknown as Delegation;
  // A configured server: nothing of the domain was asked.
  if (delegation.lookups.length === 0) return configured(view, delegation);
  return [...srv(view, told, delegation), ...secure(view, told, delegation), ...addresses(view, delegation)];
}

/** `dns.static`, `--connect`. */
function configured(view: View, delegation: Delegation): Stage[] {
  const [target] = delegation.targets;
  return [
    stage("dns.srv", "skip", `not asked: ${target?.host}:${target?.port} is configured`),
    stage("dns.secure", "skip", "not asked: DNSSEC proves no server that is configured"),
    ...(target !== undefined && isIP(target.host) !== 0
      ? [stage("dns.addresses", "skip", "not asked: it is one")]
      : addresses(view, delegation)),
  ];
}

function srv(view: View, told: RecordedEvent, delegation: Delegation): Stage[] {
  const { service, targets, why, elapsedMs, lookups } = delegation;
  const evidence = { targets: targets.map(({ host, port, tls }) => ({ host, port, tls })), service, why };
  if (service === "offered") return [stage("dns.srv", "ok", evidence, { elapsedMs })];
  if (service !== "absent") {
    const cause = told.cause ?? (service === "refused" ? "dns.no-service" : "dns.servfail");
    // Bogus is the next stage's affair: here nothing can be said.
    const verdict = cause === "dns.bogus" ? "skip" : failOrUnknown(cause);
    return [stage("dns.srv", verdict, evidence, { elapsedMs, cause })];
  }
  // Only the domain's own name tells whether it exists at all.
  const itself = lookups.find(({ name }) => name === toAscii(view.remote as Domain));
  if (itself?.status === "no-name") {
    return [stage("dns.srv", "fail", evidence, { elapsedMs, cause: "dns.nxdomain" })];
  }
  // RFC 6120 3.2.2: what its own address and certificate carry is in order.
  if (!isJudged(view)) return [];
  if (carrierOf(view) !== null) return [stage("dns.srv", "ok", evidence, { elapsedMs })];
  const hint = "publish an SRV record: without one only the domain's own address and certificate count";
  return [stage("dns.srv", "warn", evidence, { elapsedMs, hint })];
}

/** Of the two SRV names, the one that decided. */
const decisive = ({ lookups, security }: Delegation) =>
  lookups.find((one) => one.security === security) ?? lookups[0]!;

/** Where the chain of trust to the answer ends is worth a walk: there it breaks, or there somebody did not sign. */
export function nameToTrace({ detail }: RecordedEvent): string | null {
  const delegation = detail as unknown as Delegation;
  if (delegation.lookups.length === 0) return null;
  const { name, security } = decisive(delegation);
  return security === "bogus" || security === "insecure" ? name : null;
}

function secure(view: View, told: RecordedEvent, delegation: Delegation): Stage[] {
  const { security, why } = delegation;
  const lookup = decisive(delegation);
  const { name, chain } = lookup;
  if (security === "secure") return [stage("dns.secure", "ok", { security, why, name, chain })];
  if (security === "indeterminate") {
    const cause = told.cause ?? "dns.servfail";
    return [stage("dns.secure", "unknown", { security, why, name, chain }, { cause })];
  }
  // The walk is under way.
  if (view.trust === null && view.outcome === null) return [];
  if (security === "insecure" && !isJudged(view)) return [];
  const links = linksTo(lookup, view.trust ?? chain);
  const evidence = { security, why: why ?? lookup.why, name, chain: links };
  if (security === "insecure") return [unsigned(view, evidence)];
  const broken = brokenLink(links, view.now);
  return [stage("dns.secure", "fail", { ...evidence, broken }, { cause: told.cause ?? "dns.bogus" })];
}

/** A certificate for the domain itself, or POSH, stands without DNSSEC; whatever else proves it does not. */
function unsigned(view: View, evidence: { readonly [key: string]: Detail }): Stage {
  const carrier = carrierOf(view);
  if (carrier === null || !needsNoDnssec(carrier)) {
    return stage("dns.secure", "warn", evidence, { cause: "dns.insecure" });
  }
  return stage("dns.secure", "ok", { ...evidence, provenBy: carrier.prooftype });
}

/** Of every host that was looked up; while connections are made there may be more. */
function addresses({ events, outcome, remote, refused = null }: View, { targets }: Delegation): Stage[] {
  const hosts = targets.length > 0 ? targets.map(({ host }) => host) : [toAscii(remote as Domain)];
  const told = events.filter(({ type, detail }) =>
    type === "addresses.resolved" && hosts.includes(String(detail?.host))
  );
  const started = events.some(({ type }) => type === "connection.opened");
  if (told.length === 0 || (outcome === null && !started)) return [];
  const found = new Map(
    told.map(({ detail }) => [String(detail!.host), detail!.addresses as readonly string[]]),
  );
  const evidence = { addresses: Object.fromEntries(found) };
  if ([...found.values()].some((list) => list.length > 0)) return [stage("dns.addresses", "ok", evidence)];
  const cause = told.find((event) => event.cause !== undefined)?.cause ?? "dns.no-address";
  return [stage("dns.addresses", failOrUnknown(cause), { ...evidence, ...refused }, { cause })];
}

/** A resolver that does not answer is no fault of the domain's. */
const failOrUnknown = (cause: Cause) => isUntold(cause) ? "unknown" : "fail";
