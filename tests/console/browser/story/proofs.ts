/** What a grant stands on. console.md 6 D3. */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import type { ConnectionList, ProofList } from "../../../../observe/contract.ts";
import type { Told } from "../told.ts";
import type { Visitor } from "../visitor.ts";
import { test } from "./scene.ts";
import "../../../harness/surroundings.ts";

const SRV = "_xmpp-server._tcp.target.tld";

async function proofOf(visitor: Visitor): Promise<Locator> {
  const page = await visitor.go("/connections/c-1?tab=proofs");
  const proof = page.locator("[data-proof='target.tld']");
  await proof.locator(".chain .link").first().waitFor();
  return proof;
}

test("D3.1: the granted name has its chain from the anchor to the target that the certificate names", async ({ visit, place }) => {
  await using visitor = await visit();
  const proof = await proofOf(visitor);
  const links = await proof.locator(".link h3").allInnerTexts();
  assert.deepEqual(links, [".", "tld", "target.tld", SRV, "xmpp1.receiving.tld:5269"]);
  assert.equal(await proof.locator(".link.bad").count(), 0);
  const { connections } = await place.ask<ConnectionList>("/connections");
  assert(connections[0]!.serverNames.includes("xmpp1.receiving.tld"));
  await visitor.pictures("proofs");
  visitor.assertQuiet();
});

/** The records of a name with their signatures, field by field, as BIND's own tool prints them. */
async function dig({ stage: { dns } }: Told, name: string, type: string): Promise<string[][]> {
  const [host, port] = dns.address.split(":");
  const args = [`@${host}`, "-p", port!, name, type, "+dnssec", "+noall", "+answer"];
  const { stdout } = await new Deno.Command("dig", { args }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.split(/\s+/).slice(3));
}

/** `20261226184632`, as the page writes it. */
const ofDig = (time: string) => time.replace(/(....)(..)(..)(..)(..)(..)/, "$1-$2-$3 $4:$5:$6 UTC");

test("D3.2: zones, key tags and ends of the chain are those that dig gets from the DNS server", async ({ visit, place }) => {
  await using visitor = await visit();
  const proof = await proofOf(visitor);
  for (const [at, zone] of [".", "tld", "target.tld", SRV].entries()) {
    const types = zone === SRV ? ["SRV"] : zone === "." ? ["DNSKEY"] : ["DNSKEY", "DS"];
    const records = (await Promise.all(types.map((type) => dig(place, zone, type)))).flat();
    const signatures = records.filter(([type]) => type === "RRSIG");
    assert.equal(signatures.length, types.length, zone);
    const tag = records.find(([type]) => type === "DS")?.[1] ?? signatures[0]![7];
    const link = proof.locator(".chain .link").nth(at);
    assert.equal(await link.locator(".keys").innerText(), `key ${tag}, ECDSA P-256`, zone);
    const until = ofDig(signatures.map((fields) => fields[5]!).sort()[0]!);
    assert.equal(await link.locator(".bar").getAttribute("aria-label"), `until ${until}`, zone);
  }
});

test("D3.6: 'valid until' is the earliest end of the chain and the certificate", async ({ visit, place }) => {
  const { proofs: [row] } = await place.ask<ProofList>("/proofs");
  const { connections: [connection] } = await place.ask<ConnectionList>("/connections");
  const links = row!.links as readonly { expiresAt: string }[];
  const ends = [connection!.certificate!.expires!, ...links.map(({ expiresAt }) => expiresAt)];
  assert.equal(row!.expires, ends.toSorted()[0]);
  await using visitor = await visit();
  const proof = await proofOf(visitor);
  assert.equal(await proof.locator("[data-until]").getAttribute("data-until"), row!.expires);
});

test("D3.8: the command that shows it to one's own eyes can be copied, and runs", async ({ visit, place }) => {
  await using visitor = await visit();
  const proof = await proofOf(visitor);
  await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: visitor.origin });
  await proof.locator(".command button").click();
  // deno-lint-ignore no-explicit-any -- the page's own
  const text: string = await visitor.page.evaluate(() => (globalThis as any).navigator.clipboard.readText());
  assert.equal(text, `delv +vtrace ${SRV} SRV`);
  const [host, port] = place.stage.dns.address.split(":");
  const [command, ...args] = text.split(" ");
  const here = [`@${host}`, "-p", port!, "-a", await anchorsOf(place), ...args];
  const { stdout } = await new Deno.Command(command!, { args: here }).output();
  assert.match(new TextDecoder().decode(stdout), /; fully validated[\s\S]*xmpp1\.receiving\.tld\./);
});

/** The demo's root key, as BIND wants it. */
async function anchorsOf({ stage: { dns: { anchor } } }: Told): Promise<string> {
  const [, key] = /DNSKEY\s+(\d+ \d+ \d+ .+)/.exec(await Deno.readTextFile(anchor))!;
  const [flags, protocol, algorithm, ...parts] = key!.split(/\s+/);
  const path = `${anchor}.delv`;
  const words = `${flags} ${protocol} ${algorithm} "${parts.join("")}"`;
  await Deno.writeTextFile(path, `trust-anchors { . static-key ${words}; };`);
  return path;
}
