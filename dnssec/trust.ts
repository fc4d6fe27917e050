/** How far the chain of trust to a name reaches, zone by zone from the root: asked when somebody wants to see it. console.md 6 D3. */
import { type ShownLink, showStep, showZone } from "../facts/chain.ts";
import type { ChainLink, Lookup } from "../facts/dns.ts";
import { withoutDot } from "./answer.ts";
import type { Ask } from "./resolver.ts";

/** protocol.md 5.9: zones of one lookup. */
const MOST_ZONES = 16;

/** The last link is the one that breaks, with its reason, or the zone that the name is in. */
export async function traceTrust(name: string, ask: Ask): Promise<ShownLink[]> {
  const links: ShownLink[] = [];
  for (const zone of zonesAbove(name)) {
    const found = await linkTo(zone, ask);
    if (found === "inside") continue;
    if (found === "nowhere") break;
    links.push(found);
    if (found.security !== "secure") break;
  }
  return links;
}

/** From the root on. Nobody delegates at `_tcp`: what is wrong there is wrong with the record (RFC 8552). */
function zonesAbove(name: string): string[] {
  const labels = withoutDot(name).split(".").filter((label) => !label.startsWith("_")).slice(-MOST_ZONES);
  return [".", ...labels.map((_, at) => labels.slice(labels.length - at - 1).join("."))];
}

/** `inside`: no zone begins at this name. `nowhere`: there is no such name. */
async function linkTo(zone: string, ask: Ask): Promise<ShownLink | "inside" | "nowhere"> {
  const ds = zone === "." ? null : await ask(zone, "DS");
  if (ds !== null) {
    if (isBroken(ds)) return broken(zone, ds);
    if (ds.status === "no-name") return "nowhere";
    if (ds.status !== "found") return await unsigned(zone, ds, ask);
  }
  const keys = await ask(zone, "DNSKEY");
  if (keys.security !== "secure" || keys.status !== "found") return broken(zone, keys);
  return showZone({ zone, security: "secure", ...vouched(ds, keys) });
}

const isBroken = ({ status, security }: Lookup): boolean =>
  status === "failed" || security === "bogus" || security === "indeterminate";

/** A zone without DS begins where its own name servers are named, and nobody signs for them. */
async function unsigned(zone: string, ds: Lookup, ask: Ask): Promise<ShownLink | "inside"> {
  const servers = ds.security === "insecure" ? ds : await ask(zone, "NS");
  if (servers.security === "secure") return "inside";
  if (isBroken(servers)) return broken(zone, servers);
  const proof = ds.denial === undefined ? "" : `, proved by ${ds.denial}`;
  return { ...bare(zone, "insecure"), why: `no DS at ${zone}${proof}` };
}

/** With the signature that does not hold, where there is one. */
function broken(zone: string, { security, why, cause, steps }: Lookup): ShownLink {
  const state = security === "secure" ? "bogus" : security;
  const step = steps?.at(-1);
  const link = step === undefined || step.keyTag === null
    ? bare(zone, state)
    : { ...showStep({ ...step, security: state }), zone };
  return { ...link, why: why ?? cause ?? "it is not there" };
}

const bare = (zone: string, security: ChainLink["security"]): ShownLink =>
  showZone({ zone, security, keyTags: [], algorithms: [], beginsAt: null, expiresAt: null });

/** The keys that the parent's DS (or, of the root, an anchor) names. */
function vouched(ds: Lookup | null, keys: Lookup): Omit<ChainLink, "zone" | "security"> {
  const ends = [ds, keys].flatMap((lookup) => lookup?.signedUntil ?? []);
  const expiresAt = ends.length === 0 ? null : Math.min(...ends);
  const beginsAt = keys.chain.at(-1)?.beginsAt ?? null;
  if (ds === null) {
    const [root] = keys.chain;
    return { keyTags: root?.keyTags ?? [], algorithms: root?.algorithms ?? [], beginsAt, expiresAt };
  }
  const named = ds.records.flatMap((record) => record.t === "DS" ? [record] : []);
  const [tags, algorithms] = [named.map(({ keyTag }) => keyTag), named.map(({ algorithm }) => algorithm)];
  return { keyTags: [...new Set(tags)], algorithms: [...new Set(algorithms)], beginsAt, expiresAt };
}
