/** Who is let in at the door, each limit of protocol.md 10 at its number and one beyond. */
import assert from "node:assert/strict";
import { Admission } from "../../actors/admission.ts";
import { network } from "../../xmpp/network.ts";
import { parseConfig } from "../../config/load.ts";
import type { Connection } from "../../wire/connection.ts";
import type { Limits } from "../../config/config.ts";

const DEFAULTS =
  parseConfig('[server]\nnames = ["a.example"]\n[listen]\ns2s = []', { env: {}, readText: () => "" })
    .config!.limits;

/** An admission whose clock the test moves, and its visitors. */
function door(limits: Partial<Limits> = {}) {
  const clock = { now: 1_000_000 };
  const admission = new Admission(() => ({ ...DEFAULTS, ...limits }), () => clock.now);
  const knock = (ip: string) => {
    const connection = { peer: { ip, port: 1 } } as Connection;
    return { connection, refused: admission.enter(connection) };
  };
  return { admission, clock, knock };
}

const OTHER = "192.0.2.77";

Deno.test("LIM-1: 50 connections of one address, of them 10 unproven; each leaves room for the next", () => {
  const { admission, clock, knock } = door({ attemptsPerMinute: 1000 });
  const inside: Connection[] = [];
  for (let n = 1; n <= 50; n++) {
    const { connection, refused } = knock("192.0.2.1");
    assert.equal(refused, null, `the ${n}th`);
    admission.proven(connection);
    inside.push(connection);
  }
  assert.equal(knock("192.0.2.1").refused, "tcp.limit");
  assert.equal(knock(OTHER).refused, null, "another address");
  admission.left(inside.pop()!);
  assert.equal(knock("192.0.2.1").refused, null);
  clock.now++;
  for (let n = 1; n <= 10; n++) assert.equal(knock("192.0.2.2").refused, null, `the ${n}th`);
  assert.equal(knock("192.0.2.2").refused, "tcp.limit");
});

Deno.test("LIM-1: an unproven one that is proven, or leaves, makes room among the unproven", () => {
  const { admission, knock } = door({ unprovenPerAddress: 1 });
  const first = knock(OTHER).connection;
  assert.equal(knock(OTHER).refused, "tcp.limit");
  admission.proven(first);
  admission.proven(first); // said twice it counts once
  const second = knock(OTHER);
  assert.equal(second.refused, null);
  assert.equal(knock(OTHER).refused, "tcp.limit");
  admission.left(second.connection);
  assert.equal(knock(OTHER).refused, null);
});

Deno.test("LIM-1: so many in all, and so many unproven in all", () => {
  const { admission, knock } = door({ connections: 3, connectionsUnproven: 2 });
  const first = knock("192.0.2.1").connection;
  knock("192.0.2.2");
  assert.equal(knock("192.0.2.3").refused, "tcp.limit");
  admission.proven(first);
  assert.equal(knock("192.0.2.3").refused, null);
  admission.proven(knock("192.0.2.4").connection);
  assert.equal(knock("192.0.2.5").refused, "tcp.limit");
});

Deno.test("LIM-1: IPv6 counts by /64, IPv4 by address", () => {
  const { knock } = door({ connectionsPerAddress: 1 });
  assert.equal(knock("2001:db8:0:1::1").refused, null);
  assert.equal(knock("2001:db8:0:1:ffff:ffff:ffff:ffff").refused, "tcp.limit");
  assert.equal(knock("2001:db8:0:2::1").refused, null);
  assert.equal(knock("192.0.2.1").refused, null);
  assert.equal(knock("192.0.2.2").refused, null);
  const same = ["2001:DB8::1", "2001:0db8:0000:0000:1:2:3:4", "2001:db8::", "2001:db8:0:0:0:0:0:9"];
  assert.deepEqual([...new Set(same.map(network))], ["2001:db8:0:0"]);
  assert.notEqual(network("::1"), network("1::"));
});

Deno.test("LIM-2: 60 attempts in a minute, refused ones too; a minute later there is room again", () => {
  const { admission, clock, knock } = door({ unprovenPerAddress: 1000 });
  for (let n = 1; n <= 60; n++) {
    const { connection, refused } = knock(OTHER);
    assert.equal(refused, null, `the ${n}th`);
    admission.left(connection);
    clock.now += 100;
  }
  assert.equal(knock(OTHER).refused, "tcp.limit");
  assert.equal(knock("192.0.2.1").refused, null, "another address");
  clock.now += 50_000;
  assert.equal(knock(OTHER).refused, "tcp.limit", "the first is not a minute ago");
  clock.now += 60_000;
  assert.equal(knock(OTHER).refused, null);
});

Deno.test("admission: who is gone is forgotten, whoever else comes", () => {
  const crowd = door({ connections: 1 });
  crowd.knock(OTHER);
  for (let n = 0; n < 5000; n++) crowd.knock(`10.0.${n >> 8}.${n & 255}`);
  assert.equal(crowd.admission.size, 5001);
  crowd.clock.now += 61_000;
  crowd.knock("192.0.2.1");
  assert.equal(crowd.admission.size, 2, "the one inside, and the newcomer");
});
