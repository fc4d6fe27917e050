/** Who acts for the domain, whether that is signed, and where it listens. */
import type { Cause } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import type { Stage } from "../observe/contract.ts";
import { stage, type View } from "./stage.ts";
import { isUntold } from "./untold.ts";

/** As `actors/evidence.ts` tells it. */
interface Delegation {
  readonly service: "offered" | "refused" | "absent" | "unknown";
  readonly security: "secure" | "insecure" | "bogus" | "indeterminate";
  readonly targets: readonly { readonly host: string; readonly port: number; readonly tls: string }[];
  readonly why: string | null;
  readonly elapsedMs: number;
  readonly lookups: readonly Lookup[];
}

type Lookup = {
  readonly name: string;
  readonly security: string;
  readonly chain: readonly { readonly zone: string; readonly security: string }[];
};

export function dnsStages(view: View): Stage[] {
  const told = view.events.findLast(({ type, detail }) =>
    type === "delegation.resolved" && detail?.domain === view.remote
  );
  if (told === undefined) return [];
  const delegation = told.detail as unknown as Delegation;
  return [...srv(view, told, delegation), secure(told, delegation), ...addresses(view, delegation)];
}

function srv({ outcome }: View, told: RecordedEvent, delegation: Delegation): Stage[] {
  const { service, targets, why, elapsedMs } = delegation;
  const evidence = { targets: targets.map(({ host, port, tls }) => ({ host, port, tls })), service, why };
  if (service === "offered") return [stage("dns.srv", "ok", evidence, { elapsedMs })];
  if (service !== "absent") {
    const cause = told.cause ?? (service === "refused" ? "dns.no-service" : "dns.servfail");
    // Bogus is the next stage's affair: here nothing can be said.
    const verdict = cause === "dns.bogus" ? "skip" : failOrUnknown(cause);
    return [stage("dns.srv", verdict, evidence, { elapsedMs, cause })];
  }
  if (outcome === null) return [];
  if (outcome.cause === "dns.nxdomain") {
    return [stage("dns.srv", "fail", evidence, { elapsedMs, cause: outcome.cause })];
  }
  const hint = "publish an SRV record: without one only the domain's own address and certificate count";
  return [stage("dns.srv", "warn", evidence, { elapsedMs, hint })];
}

function secure(told: RecordedEvent, { security, why, lookups }: Delegation): Stage {
  const cause = told.cause ?? null;
  // Of the two SRV names, the one that decided.
  const lookup = lookups.find((one) => one.security === security) ?? lookups[0];
  const evidence = { security, why, name: lookup?.name ?? null, chain: lookup?.chain ?? [] };
  if (security === "secure") return stage("dns.secure", "ok", evidence);
  if (security === "insecure") return stage("dns.secure", "warn", evidence, { cause: "dns.insecure" });
  return stage("dns.secure", security === "bogus" ? "fail" : "unknown", evidence, {
    cause: cause ?? (security === "bogus" ? "dns.bogus" : "dns.servfail"),
  });
}

/** Of every host that was looked up; while connections are made there may be more. */
function addresses({ events, outcome, remote }: View, { targets }: Delegation): Stage[] {
  const hosts = targets.length > 0 ? targets.map(({ host }) => host) : [remote];
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
  return [stage("dns.addresses", failOrUnknown(cause), evidence, { cause })];
}

/** A resolver that does not answer is no fault of the domain's. */
const failOrUnknown = (cause: Cause) => isUntold(cause) ? "unknown" : "fail";
