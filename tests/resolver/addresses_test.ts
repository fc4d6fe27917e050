import assert from "node:assert/strict";
import { findAddresses } from "../../dnssec/addresses.ts";
import { addresses, BOGUS, NO_DATA, type Script, scripted, TIMEOUT } from "./answers.ts";

const HOST = "xmpp.target.example";
const [A, AAAA] = [`${HOST} A`, `${HOST} AAAA`];

async function find(script: Script, allowPrivateAddresses = false, hosts = new Map<string, string[]>()) {
  const { ask, asked } = scripted(script);
  return { asked, found: await findAddresses(HOST, { hosts, allowPrivateAddresses }, ask) };
}

Deno.test("DNS-9: addresses: both families are asked, IPv6 stands first", async () => {
  const script = { [A]: addresses("A", "192.88.1.1"), [AAAA]: addresses("AAAA", "2a00:1::1") };
  const { asked, found } = await find(script);
  assert.deepEqual(asked, [AAAA, A]);
  assert.deepEqual(found.addresses, ["2a00:1::1", "192.88.1.1"]);
});

const PUBLIC = ["9.9.9.9", "2a00:1::1"];
const PRIVATE = [
  "127.0.0.1",
  "10.0.0.1",
  "192.168.1.1",
  "169.254.1.1",
  "100.64.0.1",
  "::1",
  "fe80::1",
  "fc00::1",
];
/** They carry an IPv4 address that a filter on IPv6 would not see. */
const TUNNELS = ["64:ff9b::7f00:1", "2002:7f00:1::"];
const NEVER = [
  "0.0.0.0",
  "0.1.2.3",
  "255.255.255.255",
  "224.0.0.1",
  "::",
  "ff02::1",
  "no address",
  "::ffff:0.0.0.0",
];

async function allowed(address: string, allowPrivate: boolean): Promise<readonly string[]> {
  return (await find({ [A]: addresses("A", address) }, allowPrivate)).found.addresses;
}

Deno.test("DNS-25: addresses: private ones are dialled only when configured, some never", async () => {
  for (const address of PUBLIC) assert.deepEqual(await allowed(address, false), [address]);
  for (const address of [...PRIVATE, ...TUNNELS]) {
    assert.deepEqual(await allowed(address, false), [], address);
    assert.deepEqual(await allowed(address, true), [address]);
  }
  for (const address of NEVER) assert.deepEqual(await allowed(address, true), [], address);
});

Deno.test("DNS-25: addresses: an IPv4-mapped address is judged as what it is", async () => {
  assert.deepEqual(await allowed("::ffff:127.0.0.1", false), []);
  assert.deepEqual(await allowed("::ffff:9.9.9.9", false), ["9.9.9.9"]);
});

Deno.test("addresses: what is left out has a cause", async () => {
  assert.equal((await find({ [A]: addresses("A", "10.0.0.1") })).found.cause, "tcp.forbidden");
  assert.equal((await find({ [A]: NO_DATA, [AAAA]: NO_DATA })).found.cause, "dns.no-address");
  assert.equal((await find({ [A]: NO_DATA, [AAAA]: TIMEOUT })).found.cause, "dns.timeout");
});

Deno.test("addresses: bogus in one family spoils the host, an outage of one does not", async () => {
  const good = addresses("A", "9.9.9.9");
  const bogus = (await find({ [A]: good, [AAAA]: BOGUS })).found;
  assert.deepEqual([bogus.security, bogus.addresses, bogus.cause], ["bogus", [], "dns.bogus"]);
  const outage = (await find({ [A]: good, [AAAA]: TIMEOUT })).found;
  assert.deepEqual([outage.security, outage.addresses], ["secure", ["9.9.9.9"]]);
});

Deno.test("addresses: the weaker family counts", async () => {
  const script = { [A]: addresses("A", "9.9.9.9"), [AAAA]: { ...NO_DATA, security: "insecure" as const } };
  assert.equal((await find(script)).found.security, "insecure");
});

Deno.test("addresses: `dns.hosts` stands in for A and AAAA, secure, under the same filter", async () => {
  const hosts = new Map([[HOST, ["127.0.0.1", "9.9.9.9"]]]);
  const { asked, found } = await find({}, false, hosts);
  assert.deepEqual(asked, []);
  assert.deepEqual([found.security, found.addresses], ["secure", ["9.9.9.9"]]);
});
