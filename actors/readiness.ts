/** Whether others may send to this server: listeners, the way to validated DNS, our own certificate, no end in sight. */
import type { Resolver } from "../dnssec/resolver.ts";
import type { CertificateFacts } from "../facts/certificate.ts";
import type { HealthCheck, Readiness } from "../observe/contract.ts";

/** What of a server is looked at. */
export interface Looked {
  readonly draining: boolean;
  readonly listening: boolean;
  readonly resolver: Pick<Resolver, "readiness">;
  /** The first is the machine's own; tenants' are their own affair, and the metrics'. */
  readonly identities: { readonly facts: readonly Pick<CertificateFacts, "notBefore" | "notAfter">[] };
  readonly host: { readonly clock: { now(): number } };
}

type Finding = Omit<HealthCheck, "name" | "ok">;

const WELL: Finding = { cause: null, text: null, detail: null };

export async function readiness(server: Looked): Promise<Readiness> {
  const found: readonly (readonly [HealthCheck["name"], Finding])[] = [
    ["draining", server.draining ? { ...WELL, cause: "server.shutdown", text: "draining" } : WELL],
    ["listeners", listeners(server)],
    ["certificate", certificate(server)],
    ["resolver", await resolver(server)],
  ];
  const checks = found.map(([name, finding]): HealthCheck => ({
    name,
    ok: finding.cause === null,
    ...finding,
  }));
  return { ready: checks.every(({ ok }) => ok), checks };
}

function listeners({ listening }: Looked): Finding {
  return listening ? WELL : { ...WELL, cause: "server.starting", text: "the listeners are not open" };
}

function certificate({ identities: { facts: [own] }, host }: Looked): Finding {
  const now = host.clock.now();
  if (own !== undefined && own.notBefore <= now && now < own.notAfter) return WELL;
  const text = "the machine's own certificate is not valid now";
  const iso = (ms: number) => new Date(ms).toISOString();
  const detail = own === undefined ? "there is none" : `from ${iso(own.notBefore)} to ${iso(own.notAfter)}`;
  return { cause: "tls.own-validity", text, detail };
}

async function resolver(server: Looked): Promise<Finding> {
  const { ready, lookup } = await server.resolver.readiness();
  if (ready) return WELL;
  // An answer that is not signed is no failure of DNS, and nothing to stand on.
  const cause = lookup.cause ?? "dns.insecure";
  const anchor = cause === "dns.bogus" || cause === "dns.insecure"
    ? "; is dns.trust_anchor this root's?"
    : "";
  return { cause, text: `the root's keys do not validate${anchor}`, detail: lookup.why };
}
