import assert from "node:assert/strict";
import { findDelegation } from "../../dnssec/delegation.ts";
import type { Delegation } from "../../facts/delegation.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { addresses, BOGUS, NO_DATA, NO_NAME, type Script, scripted, srv, TIMEOUT } from "./answers.ts";

const DOMAIN = parseDomain("target.example");
const [PLAIN, DIRECT] = ["_xmpp-server._tcp.target.example SRV", "_xmpps-server._tcp.target.example SRV"];
const A = "target.example A";
const OFF = srv([".", 0]);
const ONE = srv(["xmpp.target.example", 5269]);
const TWO = srv(["tls.target.example", 5270, 3]);

async function find(script: Script): Promise<Delegation> {
  return await findDelegation(DOMAIN, { static: new Map() }, scripted(script).ask);
}

const hosts = ({ targets }: Delegation) => targets.map(({ host, tls }) => `${host} ${tls}`);

/** The table of protocol.md 5.1; the last columns are the service and the hosts. */
const ROWS: Record<string, readonly [Script, Delegation["service"], readonly string[]]> = {
  "records and records are one list by priority": [
    { [PLAIN]: ONE, [DIRECT]: TWO },
    "offered",
    ["tls.target.example direct", "xmpp.target.example starttls"],
  ],
  "records and none leave the STARTTLS entries": [{ [PLAIN]: ONE }, "offered", [
    "xmpp.target.example starttls",
  ]],
  "DNS-5: xmpps '.' leaves the STARTTLS entries": [
    { [PLAIN]: ONE, [DIRECT]: OFF },
    "offered",
    ["xmpp.target.example starttls"],
  ],
  "none and records leave the direct TLS entries": [{ [DIRECT]: TWO }, "offered", [
    "tls.target.example direct",
  ]],
  "'.' and records mean direct TLS only": [
    { [PLAIN]: OFF, [DIRECT]: TWO },
    "offered",
    ["tls.target.example direct"],
  ],
  "records and a failed lookup leave the STARTTLS entries": [
    { [PLAIN]: ONE, [DIRECT]: TIMEOUT },
    "offered",
    ["xmpp.target.example starttls"],
  ],
  "records and a bogus lookup leave the STARTTLS entries": [
    { [PLAIN]: ONE, [DIRECT]: BOGUS },
    "offered",
    ["xmpp.target.example starttls"],
  ],
  "DNS-4: '.' and none mean that the service is refused": [{ [PLAIN]: OFF }, "refused", []],
  "'.' and '.' mean that the service is refused": [{ [PLAIN]: OFF, [DIRECT]: OFF }, "refused", []],
  "none and '.' allow no fallback": [{ [PLAIN]: NO_DATA, [DIRECT]: OFF }, "refused", []],
  "DNS-7: none and none are the fallback's case": [{ [PLAIN]: NO_NAME, [DIRECT]: NO_DATA }, "absent", []],
  "bogus and records are not known": [{ [PLAIN]: BOGUS, [DIRECT]: TWO }, "unknown", []],
  "a timeout and records are not known": [{ [PLAIN]: TIMEOUT, [DIRECT]: TWO }, "unknown", []],
  "none and bogus are not known: the bogus answer may hide records": [{ [DIRECT]: BOGUS }, "unknown", []],
  "records that cannot be dialled allow no fallback": [
    { [PLAIN]: srv([".", 5269], ["xmpp.target.example", 0]) },
    "refused",
    [],
  ],
};

for (const [name, [script, service, wanted]] of Object.entries(ROWS)) {
  Deno.test(`delegation: ${name}`, async () => {
    const delegation = await find(script);
    assert.deepEqual([delegation.service, hosts(delegation)], [service, wanted]);
  });
}

Deno.test("DNS-1: delegation: both SRV names are asked, at the same time", async () => {
  const { ask, asked } = scripted({ [PLAIN]: ONE });
  const found = findDelegation(DOMAIN, { static: new Map() }, ask);
  assert.deepEqual(asked, [PLAIN, DIRECT]);
  await found;
});

Deno.test("DNS-22: delegation: an internationalised domain is asked in A-labels", async () => {
  const { ask, asked } = scripted({});
  await findDelegation(parseDomain("bücher.example"), { static: new Map() }, ask);
  assert.equal(asked[0], "_xmpp-server._tcp.xn--bcher-kva.example SRV");
});

Deno.test("DNS-23: delegation: a domain whose own name does not exist is told apart", async () => {
  assert.equal((await find({})).exists, false);
  assert.equal((await find({ [A]: NO_DATA })).exists, true);
  assert.equal((await find({ [A]: addresses("A", "192.0.2.1") })).exists, true);
  assert.equal((await find({ [A]: TIMEOUT })).exists, true);
});

Deno.test("delegation: its state is that of the STARTTLS answer, of an absence the weakest", async () => {
  const insecure = { security: "insecure" } as const;
  assert.equal((await find({ [PLAIN]: { ...ONE, ...insecure }, [DIRECT]: TWO })).security, "insecure");
  assert.equal((await find({ [PLAIN]: ONE, [DIRECT]: { ...TWO, ...insecure } })).security, "secure");
  assert.equal((await find({ [DIRECT]: { ...TWO, ...insecure } })).security, "insecure");
  assert.equal((await find({ [DIRECT]: { ...NO_NAME, ...insecure } })).security, "insecure");
});

Deno.test("delegation: it lasts as long as the shortest of what it rests on", async () => {
  const found = await find({
    [PLAIN]: { ...ONE, ttlMs: 100, signedUntil: 9 },
    [DIRECT]: { ...TWO, ttlMs: 200, signedUntil: 7 },
  });
  assert.deepEqual([found.ttlMs, found.signedUntil], [100, 7]);
  const half = await find({ [PLAIN]: { ...ONE, ttlMs: 100 }, [DIRECT]: { ...TIMEOUT, ttlMs: 1 } });
  assert.equal(half.ttlMs, 100);
});

Deno.test("delegation: a failure keeps its cause", async () => {
  const found = await find({ [PLAIN]: TIMEOUT });
  assert.deepEqual([found.cause, found.security], ["dns.timeout", "indeterminate"]);
});

Deno.test("delegation: a configured domain is not asked for, and never secure", async () => {
  const { ask, asked } = scripted({});
  const fixed = new Map([[DOMAIN, { host: "xmpp.lan", port: 5299 }]]);
  const found = await findDelegation(DOMAIN, { static: fixed }, ask);
  assert.deepEqual(asked, []);
  assert.equal(found.security, "insecure");
  assert.deepEqual(found.targets, [{
    host: "xmpp.lan",
    port: 5299,
    priority: 0,
    weight: 0,
    tls: "starttls",
  }]);
});
