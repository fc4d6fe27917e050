/** Why DNSSEC refuses the addresses of a host, or its TLSA: asked once more with the chain of trust, which whoever dials has no use for. console.md 3.5. */
import type { Ask } from "../dnssec/resolver.ts";
import { traceTrust } from "../dnssec/trust.ts";
import type { RecordType } from "../facts/dns.ts";
import { showStep } from "../facts/chain.ts";
import type { Detail } from "../facts/event.ts";
import { brokenLink, linksTo } from "./broken_answer.ts";

/** The way down to the answer and the link that breaks, as `dns.secure` has them; null where it verifies by now. */
export async function refusedAnswer(
  name: string,
  types: readonly RecordType[],
  ask: Ask,
): Promise<{ readonly chain: Detail; readonly broken: Detail } | null> {
  const lookups = await Promise.all(types.map((type) => ask(name, type)));
  const refused = lookups.find(({ security }) => security === "bogus");
  if (refused === undefined) return null;
  const { type, status, security, why, steps = [] } = refused;
  const shown = { name, type, status, security, why, chain: [], steps: steps.map(showStep) };
  const chain = linksTo(shown, await traceTrust(name, ask));
  return { chain, broken: brokenLink(chain, Date.now()) };
}
