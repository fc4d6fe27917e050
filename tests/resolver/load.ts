/**
 * 5,000 lookups at once, of several kinds, against the DNS lab: what is lost, how long it takes, what it costs.
 *
 *   deno run -A tests/resolver/load.ts [COUNT]
 */
import { Resolver } from "../../dnssec/resolver.ts";
import type { Lookup, RecordType, Security } from "../../facts/dns.ts";
import { Lab } from "./lab.ts";

const SIGNED = ["sender", "target", "originating", "receiving", "xn--bcher-kva", "rollover"];

/** What the n-th lookup asks, and the only state that is right. */
const LOADS: Readonly<Record<string, [(n: number) => [string, RecordType], Security]>> = {
  "SRV of six signed zones": [(n) => [`_xmpp-server._tcp.${SIGNED[n % 6]}.example`, "SRV"], "secure"],
  "different names, secure NXDOMAIN": [(n) => [`n${n}.target.example`, "A"], "secure"],
  "different names of one wildcard": [(n) => [`n${n}.users.wildcard.example`, "A"], "secure"],
  "different names, unsigned zone": [(n) => [`n${n}.wild.insecure.example`, "A"], "insecure"],
  "one RSA name": [() => ["xmpp.rsa.example", "A"], "secure"],
};

const count = Number(Deno.args[0] ?? 5000);

function cpuMs(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measure(lab: Lab, name: string, witness: boolean): Promise<string> {
  const [question, wanted] = LOADS[name]!;
  await using resolver = new Resolver(lab.settings(witness), { maxInflight: count, timeoutMs: 10_000 });
  const [began, cpu] = [performance.now(), cpuMs()];
  const taken: number[] = [];
  const one = async (n: number): Promise<Lookup> => {
    const lookup = await resolver.lookup(...question(n), { chain: false });
    taken.push(performance.now() - began);
    return lookup;
  };
  const lookups = await Promise.all(Array.from({ length: count }, (_, n) => one(n)));
  const seconds = (performance.now() - began) / 1000;
  const lost = lookups.filter(({ security }) => security !== wanted).length;
  const cost = (cpuMs() - cpu) * 1000 / count;
  const at = (share: number) =>
    `${Math.round(taken.sort((a, b) => a - b)[Math.floor(share * (count - 1))]!)} ms`;
  return [
    name.padEnd(34),
    witness ? "witness" : "alone  ",
    `lost ${lost}`.padEnd(8),
    `${Math.round(count / seconds)}/s`.padStart(8),
    `${Math.round(cost)} us CPU each`.padStart(18),
    `p50 ${at(0.5)}, p99 ${at(0.99)}`.padEnd(26),
    `${resolver.stats().questions} questions`,
  ].join("  ");
}

await using lab = await Lab.start(7);
for (const name of Object.keys(LOADS).filter((name) => name.includes(Deno.args[1] ?? ""))) {
  for (const witness of [true, false]) console.log(await measure(lab, name, witness));
}
