import assert from "node:assert/strict";
import { BINARY, DemoDns } from "../../demo/dns.ts";
import { moveSender, plantTree, type Zone } from "../../demo/zones.ts";
import "../harness/surroundings.ts";

/** The demo's tree, and what it has not: aliases, a broken delegation, old signatures, zones in unsigned zones. */
const TREE: readonly Zone[] = [
  ...plantTree({ originating: "127.77.0.1", receiving: "127.77.0.2" }),
  {
    name: "alias.tld",
    records: [
      "near CNAME far",
      "far CNAME xmpp1.originating.tld.",
      "nowhere CNAME nothing.receiving.tld.",
      "unsigned CNAME host.unsigned.tld.",
    ],
  },
  { name: "moved.tld", broken: "delegation", records: ["host A 127.77.0.3"] },
  { name: "old.tld", broken: "expired", records: ["host A 127.77.0.3"] },
  { name: "deep.unsigned.tld", signed: false, records: ["host A 127.77.0.3"] },
  { name: "island.unsigned.tld", records: ["host A 127.77.0.3"] },
  { name: "host.unsigned.tld", signed: false, records: ["@ A 127.77.0.3"] },
];

type Finding = `${"answer" | "nodata" | "nxdomain"} ${"secure" | "insecure"}` | "bogus";

async function output(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** delv's judgement: an independent validator, asking with CD=1. */
async function delv(dns: DemoDns, anchor: string, name: string, kind: string): Promise<Finding> {
  const [ip, port] = dns.address.split(":");
  const said = await output(
    "delv",
    `@${ip}`,
    "-p",
    port!,
    "-a",
    anchor,
    "+root=.",
    "+cd",
    name.replace(/\.?$/, "."),
    kind,
  );
  const state = said.includes("unsigned answer")
    ? "insecure"
    : said.includes("fully validated")
    ? "secure"
    : null;
  if (state === null) return "bogus";
  if (said.includes("nxdomain")) return `nxdomain ${state}`;
  return said.includes("nxrrset") ? `nodata ${state}` : `answer ${state}`;
}

/** delv wants the anchor in a form of its own. */
async function anchorForDelv(dns: DemoDns, folder: string): Promise<string> {
  const [owner, , , flags, protocol, algorithm, key] = (await Deno.readTextFile(dns.anchor)).trim().split(
    " ",
  );
  const path = `${folder}/anchor.conf`;
  await Deno.writeTextFile(
    path,
    `trust-anchors { ${owner} static-key ${flags} ${protocol} ${algorithm} "${key}"; };\n`,
  );
  return path;
}

async function withDns(
  zones: readonly Zone[],
  work: (dns: DemoDns, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using dns = await DemoDns.start(folder, zones);
    await work(dns, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const absolute = (name: string, zone: string): string => {
  if (name === "@") return zone;
  return name.endsWith(".") ? name.slice(0, -1) : zone === "." ? name : `${name}.${zone}`;
};

/** The owner names that a zone's description gives it, with the types at each. */
function ownersOf(zone: Zone): Map<string, Set<string>> {
  const owners = new Map([[zone.name, new Set(["SOA", "NS"])], [absolute("ns", zone.name), new Set(["A"])]]);
  if (zone.signed !== false) owners.get(zone.name)!.add("DNSKEY");
  for (const record of zone.records ?? []) {
    const [owner, kind] = record.split(" ");
    const name = absolute(owner!, zone.name);
    owners.set(name, (owners.get(name) ?? new Set()).add(kind!));
  }
  return owners;
}

/** What a zone's data is worth: unsigned above makes it insecure, broken makes it bogus. */
function securityOf(zone: Zone): "secure" | "insecure" | "bogus" {
  if (zone.signed === false || zone.name.endsWith(".unsigned.tld")) return "insecure";
  return zone.broken ? "bogus" : "secure";
}

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly expected: Finding;
}

/** Every owner name of a zone, the empty one between, and one that does not exist, asked for several types. */
function casesOf(zone: Zone): Case[] {
  const owners = ownersOf(zone);
  const service = absolute("_tcp", zone.name);
  const names = [...owners.keys(), absolute("does-not-exist", zone.name)];
  if (owners.has(`_xmpp-server.${service}`)) names.push(service);
  const security = securityOf(zone);
  return names.flatMap((name) =>
    ["A", "AAAA", "SRV", "SOA", "NS", "DNSKEY"].flatMap((kind) => {
      const types = owners.get(name);
      if (types?.has("CNAME")) return [];
      const key = kind === "DNSKEY" && name === zone.name && zone.broken === "signatures"; // the key itself is right
      const found = types?.has(kind) ? "answer" : types || name === service ? "nodata" : "nxdomain";
      return {
        name,
        kind,
        expected: security === "bogus" && !key ? "bogus" : `${found} ${key ? "secure" : security}`,
      } as Case;
    })
  );
}

/** DS is answered by the parent, whatever the child is. */
const DELEGATIONS: Record<string, Finding> = {
  "tld": "answer secure",
  "sender.tld": "answer secure",
  "bogus.tld": "answer secure",
  "moved.tld": "answer secure",
  "unsigned.tld": "nodata secure",
  "deep.unsigned.tld": "nodata insecure",
  "island.unsigned.tld": "answer insecure",
  "xmpp1.originating.tld": "nodata secure",
};

const ALIASES: Record<string, [name: string, kind: string, expected: Finding]> = {
  "in one zone, then to another": ["near.alias.tld", "A", "answer secure"],
  "an alias itself may be asked for": ["near.alias.tld", "CNAME", "answer secure"],
  "to a name that does not exist": ["nowhere.alias.tld", "A", "nxdomain secure"],
  "to a type that does not exist": ["far.alias.tld", "AAAA", "nodata secure"],
  "into an unsigned zone": ["unsigned.alias.tld", "A", "answer insecure"],
};

/** Asks all, a few at a time, and compares. */
async function judge(dns: DemoDns, folder: string, cases: readonly Case[]): Promise<void> {
  const anchor = await anchorForDelv(dns, folder);
  const wrong: string[] = [];
  const waiting = [...cases];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const found = await delv(dns, anchor, next.name, next.kind);
      if (found !== next.expected) wrong.push(`${next.name} ${next.kind}: ${found}, not ${next.expected}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  assert.deepEqual(wrong, []);
}

const ignore = !(await output("delv", "-v").then((text) => text.startsWith("delv"), () => false));

Deno.test(
  "demo-dns: delv finds every name of every zone as it should be",
  { ignore },
  () =>
    withDns(TREE, async (dns, folder) => {
      const cases = TREE.flatMap(casesOf);
      assert.ok(cases.length > 250);
      await judge(dns, folder, cases);
    }),
);

Deno.test(
  "demo-dns: delv finds delegations answered by the parent",
  { ignore },
  () =>
    withDns(TREE, (dns, folder) =>
      judge(
        dns,
        folder,
        Object.entries(DELEGATIONS).map(([name, expected]) => ({ name, kind: "DS", expected })),
      )),
);

Deno.test(
  "demo-dns: delv follows aliases across zones",
  { ignore },
  () =>
    withDns(
      TREE,
      (dns, folder) =>
        judge(
          dns,
          folder,
          Object.values(ALIASES).map(([name, kind, expected]) => ({ name, kind, expected })),
        ),
    ),
);

/** `dig` with its options; the whole answer as text. */
function dig(dns: DemoDns, ...options: string[]): Promise<string> {
  const [ip, port] = dns.address.split(":");
  return output("dig", `@${ip}`, "-p", port!, "+norecurse", ...options);
}

const SRV = ["_xmpp-server._tcp.sender.tld", "SRV"];

Deno.test(
  "demo-dns: answers look like a recursive resolver's",
  { ignore },
  () =>
    withDns(TREE, async (dns) => {
      const flags = /flags: ([a-z ]+);/;
      assert.match(await dig(dns, ...SRV), /NOERROR/);
      assert.equal(flags.exec(await dig(dns, "+cd", "+dnssec", "+recurse", ...SRV))?.[1], "qr rd ra cd");
      assert.match(await dig(dns, "+dnssec", ...SRV), /RRSIG\s+SRV/);
      assert.doesNotMatch(await dig(dns, ...SRV), /RRSIG/);
      assert.doesNotMatch(await dig(dns, "nothing.sender.tld", "A"), /NSEC/);
      assert.match(
        await dig(dns, "near.alias.tld", "A"),
        /near\.alias\.tld\.[^]*far\.alias\.tld\.[^]*127\.77\.0\.1/,
      );
      assert.match(await dig(dns, "sender.tld", "ANY", "+notcp"), /REFUSED/);
      assert.match(await dig(dns, "+opcode=UPDATE", ...SRV), /NOTIMP/);
    }),
);

Deno.test(
  "demo-dns: what does not fit is cut over UDP and whole over TCP",
  { ignore },
  () =>
    withDns(TREE, async (dns) => {
      const large = ["nothing.sender.tld", "A", "+dnssec", "+bufsize=512"];
      assert.match(await dig(dns, "+ignore", ...large), /flags: qr tc/);
      const whole = await dig(dns, "+tcp", ...large);
      assert.match(whole, /NXDOMAIN/);
      assert.equal(whole.match(/IN\s+RRSIG\s+NSEC/g)?.length, 2);
    }),
);

Deno.test(
  "demo-dns: zones change while it runs and keep their keys",
  { ignore },
  () =>
    withDns(TREE, async (dns, folder) => {
      const keys = await dig(dns, "+short", "sender.tld", "DNSKEY");
      await dns.replace(moveSender(TREE));
      assert.match(await dig(dns, ...SRV), /xmpp1\.elsewhere\.tld/);
      assert.equal(await dig(dns, "+short", "sender.tld", "DNSKEY"), keys);
      await judge(dns, folder, [{ name: SRV[0]!, kind: "SRV", expected: "answer secure" }]);
    }),
);

Deno.test(
  "demo-dns: a description that is wrong changes nothing",
  { ignore },
  () =>
    withDns(TREE, async (dns) => {
      await assert.rejects(dns.replace([{ name: "orphan.example" }]), /orphan\.example.* has no parent/);
      await assert.rejects(dns.replace([{ name: ".", records: ["host.other.example. A"] }]), /zone \./);
      assert.match(await dig(dns, ...SRV), /xmpp1\.originating\.tld/);
    }),
);

const REFUSED: Record<string, [description: string, words: RegExp]> = {
  "another address than loopback": [
    `{"listen":"0.0.0.0:0","anchor":"a","ttl":1,"zones":[]}`,
    /not a loopback address/,
  ],
  "a key that it does not know": [`{"listen":"127.0.0.1:0","anchor":"a","ttl":1,"zone":[]}`, /unknown field/],
  "a record of another zone": [
    `{"listen":"127.0.0.1:0","anchor":"a","ttl":1,"zones":[{"name":"."},{"name":"tld","records":["a.b. A 127.0.0.1"]}]}`,
    /cannot stand there/,
  ],
  "a wildcard, which it cannot prove": [
    `{"listen":"127.0.0.1:0","anchor":"a","ttl":1,"zones":[{"name":".","records":["* A 127.0.0.1"]}]}`,
    /cannot stand there/,
  ],
};

for (const [name, [description, words]] of Object.entries(REFUSED)) {
  Deno.test(`demo-dns refuses ${name}`, async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, description);
    const { code, stderr } = await new Deno.Command(BINARY, { args: [path], stdin: "null" }).output();
    await Deno.remove(path);
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), words);
  });
}
