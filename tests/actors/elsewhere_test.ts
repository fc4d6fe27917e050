/** Where a redirect leads: never to a private address, and never beyond the DNS work of one request (protocol.md 4.8.1, 10). */
import assert from "node:assert/strict";
import { WORK_PER_REQUEST } from "../../actors/budget.ts";
import type { ServerContext } from "../../actors/context.ts";
import { Elsewhere } from "../../actors/elsewhere.ts";
import { Evidence } from "../../actors/evidence.ts";
import type { Target } from "../../facts/delegation.ts";
import { parseOtherHost } from "../../xmpp/other_host.ts";
import { delegated, target } from "../policy/fixtures.ts";
import { addresses, type Script, scripted, srv } from "../resolver/answers.ts";

const A = target("a.example");

/** What a server that dials no private addresses finds at `place`. */
async function find(place: string, script: Script, tls: Target["tls"] = "starttls") {
  const { ask, asked } = scripted(script);
  const context = {
    config: {
      dns: { hosts: new Map(), static: new Map() },
      dial: { allowPrivateAddresses: false, port: 5269 },
      limits: { proofs: 1, proofsWaiting: 1 },
    },
    resolver: { lookup: ask },
    host: { clock: { now: () => 0 }, tell: () => {}, random: () => 0 },
  } as unknown as ServerContext;
  const server = Object.assign(context, { evidence: new Evidence(context) });
  const redirect = { to: parseOtherHost(place)!, hop: 1, tls };
  const entry = { target: A, rung: "server-name", sni: "domain", avoid: [], redirect } as const;
  const elsewhere = new Elsewhere(server, delegated("insecure", [A]), entry, redirect, {});
  const ways = await elsewhere.ways();
  if (typeof ways === "string") return { cause: ways, asked };
  const places = await Promise.all(ways.map(({ machine }) => elsewhere.look(machine)));
  return {
    machines: ways.map(({ machine: { host, port, tls } }) => `${host} ${port} ${tls}`),
    addresses: places.flatMap(({ found }) => found.addresses),
    cause: places[0]?.found.cause ?? null,
    asked,
  };
}

const PRIVATE = [
  "127.0.0.1",
  "10.0.0.1:5269",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254:80",
  "100.64.0.1",
  "0.0.0.0",
  "224.0.0.1",
  "[::1]",
  "[::]:5269",
  "[fe80::1]",
  "[fd00::1]:5269",
  "[ff02::1]",
  "[::ffff:127.0.0.1]:5269",
  "[::ffff:a00:1]",
  "[64:ff9b::7f00:1]",
];
for (const place of PRIVATE) {
  Deno.test(`STR-35, section 10: nobody sends us to ${place}`, async () => {
    const { addresses, cause } = await find(place, {});
    assert.deepEqual([addresses, cause], [[], "tcp.forbidden"]);
  });
}

Deno.test("STR-35, section 10: nor to a name with such an address, by SRV or without", async () => {
  const inside = {
    "inside.example A": addresses("A", "10.0.0.1"),
    "inside.example AAAA": addresses("AAAA", "::1"),
  };
  const named = await find("inside.example:5269", inside);
  assert.deepEqual([named.addresses, named.cause], [[], "tcp.forbidden"]);
  const bySrv = await find("b.example", {
    ...inside,
    "_xmpp-server._tcp.b.example SRV": srv(["inside.example", 22]),
  });
  assert.deepEqual([bySrv.addresses, bySrv.cause], [[], "tcp.forbidden"]);
});

Deno.test("STR-35: a public address stands for itself, and no DNS is asked about it", async () => {
  const { machines, addresses, asked } = await find("192.0.32.8:5270", {});
  assert.deepEqual([machines, addresses], [["192.0.32.8 5270 starttls"], ["192.0.32.8"]]);
  assert.deepEqual(asked.filter((question) => !question.startsWith("a.example")), []);
});

Deno.test("STR-35: a named port is spoken to as before, the default port by STARTTLS, SRV by its own word", async () => {
  const script = {
    "b.example A": addresses("A", "192.0.32.8"),
    "_xmpps-server._tcp.c.example SRV": srv(["c1.example", 443]),
  };
  assert.deepEqual((await find("b.example:443", script, "direct")).machines, ["b.example 443 direct"]);
  assert.deepEqual((await find("b.example", script, "direct")).machines, ["b.example 5269 starttls"]);
  assert.deepEqual((await find("c.example", script)).machines, ["c1.example 443 direct"]);
});

Deno.test("STR-35 LIM-13: whatever the other host publishes, it costs what one request may cost", async () => {
  const many = Array.from({ length: 16 }, (_, n) => [`m${n}.b.example`, 5269] as [string, number]);
  const { asked } = await find("b.example", { "_xmpp-server._tcp.b.example SRV": srv(...many) });
  const of = (...types: string[]) =>
    asked.filter((question) => types.includes(question.split(" ")[1]!) && !question.startsWith("a.example "))
      .length;
  assert.ok(of("SRV") <= WORK_PER_REQUEST.srv, `${asked}`);
  assert.ok(of("A", "AAAA") <= WORK_PER_REQUEST.address, `${asked}`);
});
