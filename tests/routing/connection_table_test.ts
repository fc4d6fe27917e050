import assert from "node:assert/strict";
import { seeded } from "../harness/seeded.ts";
import type { Delegation } from "../../facts/delegation.ts";
import type { ConnectionRow } from "../../routing/connection_row.ts";
import { sendRequest } from "../../routing/pending_request.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { BOGUS, REFUSED } from "../policy/fixtures.ts";
import {
  accepted,
  authorise,
  connect,
  DAY,
  delegated,
  MACHINE,
  NOW,
  OURS,
  PAIR,
  proofOf,
  type Shape,
  tables,
  THEIRS,
} from "./fixtures.ts";

const OUT: Shape = { direction: "out" };
const SECURE = delegated("secure", [THEIRS]);

/** I-3 and 2.9: whether a connection with the peer's machine is reused for a new domain, `sender.example`. */
const REUSE: Record<string, [Shape, Delegation, change: (row: ConnectionRow) => void, reused: boolean]> = {
  "our own direction": [OUT, SECURE, () => {}, true],
  "DNA-15: any target, not only the first": [
    OUT,
    delegated("secure", ["dead.example.net", THEIRS]),
    () => {},
    true,
  ],
  "by a wildcard in the certificate": [
    { ...OUT, certificate: accepted("*.originating.example") },
    SECURE,
    () => {},
    true,
  ],
  "R-7: by the name that its own records prove": [
    { ...OUT, certificate: accepted("other.example.net") },
    SECURE,
    (row) => row.vouchAlone(THEIRS),
    true,
  ],
  "R-7: not by a name of the certificate that such a record has replaced": [
    OUT,
    SECURE,
    (row) => row.vouchAlone("other.example.net"),
    false,
  ],
  "DNA-14: not when the SRV is insecure": [OUT, delegated("insecure", [THEIRS]), () => {}, false],
  "not when DNS is bogus": [OUT, BOGUS, () => {}, false],
  "not when the service is refused": [OUT, REFUSED, () => {}, false],
  "not when the target is another machine": [
    OUT,
    delegated("secure", ["other.example.net"]),
    () => {},
    false,
  ],
  "with dialback errors in place of DNA": [OUT, SECURE, (row) => {
    row.peerDna = false;
    row.peerErrors = true;
  }, true],
  "not when the peer announced neither": [OUT, SECURE, (row) => row.peerDna = false, false],
  "not before it is established": [OUT, SECURE, (row) => row.state = "negotiating", false],
  "not when it is closing": [OUT, SECURE, (row) => row.state = "closing", false],
  "the peer's direction with bidi and the marker": [
    { direction: "in", bidi: true },
    SECURE,
    () => {},
    true,
  ],
  "not the peer's direction without bidi": [{ direction: "in" }, SECURE, () => {}, false],
  "not the peer's direction without the marker": [
    { direction: "in", bidi: true },
    SECURE,
    (row) => {
      row.peerDna = false;
      row.peerErrors = true;
    },
    false,
  ],
  "only the sender is new: SRV insecure does not matter": [
    OUT,
    delegated("insecure", ["other.example.net"]),
    (row) => row.delegate(proofOf(PAIR.remote), NOW),
    true,
  ],
  "only the sender is new: nor what the peer announced": [OUT, SECURE, (row) => {
    row.delegate(proofOf(PAIR.remote), NOW);
    row.peerDna = false;
  }, true],
};
for (const [name, [shape, delegation, change, reused]] of Object.entries(REUSE)) {
  Deno.test(`reuse: ${name}`, () => {
    const world = tables();
    const row = connect(world, shape);
    change(row);
    assert.equal(world.connections.findReusable(delegation, NOW), reused ? row : null);
  });
}

Deno.test("reuse: a domain whose proof is over is not known any more", () => {
  const world = tables();
  const row = connect(world, OUT);
  row.delegate(proofOf(PAIR.remote), NOW);
  assert.equal(world.connections.findReusable(delegated("insecure", []), NOW + 10 * DAY), null);
});

Deno.test("reuse: a connection that said no is passed over", () => {
  const world = tables();
  const [first, second] = [connect(world, OUT), connect(world, OUT)];
  assert.equal(world.connections.findReusable(SECURE, NOW), first);
  assert.equal(world.connections.findReusable(SECURE, NOW, new Set([first])), second);
  assert.equal(world.connections.findReusable(SECURE, NOW, new Set([first, second])), null);
});

Deno.test("connection table: ids are our own and never used again (A-15)", () => {
  const { connections } = tables();
  const first = connections.open("out");
  connections.close(first);
  assert.deepEqual([first.id, connections.open("in").id], ["c-1", "c-2"]);
});

Deno.test("connection table: a closed connection is found by nothing", () => {
  const world = tables();
  const row = connect(world, { direction: "out", bidi: true });
  const token = authorise(world, row, PAIR);
  sendRequest(row, { local: PAIR.local, remote: parseDomain("third.example") });
  const sent = world.connections.close(row);
  assert.equal(sent.length, 1);
  assert.ok(!row.open && !token!.live);
  assert.equal(world.connections.get(row.id), undefined);
  assert.equal(world.connections.findReusable(SECURE, NOW), null);
  assert.equal(world.connections.findBetween(OURS, THEIRS), null);
  assert.deepEqual([row.delegated.size, row.pendingOut.size, world.bindings.size], [0, 0, 0]);
  assert.deepEqual(world.connections.close(row), []);
});

Deno.test("connection table: a closed connection lets only its own things go", () => {
  const world = tables();
  const [one, two] = [connect(world, OUT), connect(world, OUT)];
  authorise(world, one, PAIR);
  authorise(world, two, PAIR);
  world.connections.close(one);
  assert.equal(world.connections.findReusable(SECURE, NOW), two);
  assert.equal(world.bindings.pairsOn(two), 1);
});

Deno.test("connection table: TLS happens once", () => {
  const row = connect(tables(), OUT);
  assert.throws(() => row.secured(MACHINE), /it is secured/);
});

Deno.test("connection table: the header's name is proven only by an accepted certificate that carries it", () => {
  const world = tables();
  const proven = connect(world, { direction: "in" });
  const other = connect(world, { direction: "in", certificate: accepted("other.example.net") });
  const classic = connect(world, {
    direction: "in",
    mode: "classic",
    certificate: accepted("sender.example"),
  });
  assert.deepEqual([proven, other, classic].map((row) => row.remoteProven), [true, false, true]);
});

Deno.test("R-7, R-10: by SRV-ID or xmppAddr a service domain is proven, no machine; TLSA proves one", () => {
  for (const kind of ["srv", "xmpp"] as const) {
    const world = tables();
    const machine = connect(world, { direction: "out", certificate: accepted({ kind, name: THEIRS }) });
    assert.deepEqual([machine.remoteProven, machine.authenticated], [false, false]);
    assert.equal(world.connections.findBetween(OURS, THEIRS), null);
    machine.vouch(THEIRS);
    assert.deepEqual([machine.remoteProven, machine.authenticated], [true, true]);
    const certificate = accepted({ kind, name: "sender.example" });
    assert.ok(connect(world, { direction: "in", mode: "classic", certificate }).remoteProven);
  }
});

/** the stream between the machines themselves. */
const BETWEEN: Record<string, [Shape, found: boolean]> = {
  "ours": [{ direction: "out" }, true],
  "theirs with bidi": [{ direction: "in", bidi: true }, true],
  "theirs without bidi": [{ direction: "in" }, false],
  "a classic one": [{ direction: "out", mode: "classic" }, false],
  "one whose certificate lacks the name": [
    { direction: "out", certificate: accepted("other.example.net") },
    false,
  ],
};
for (const [name, [shape, found]] of Object.entries(BETWEEN)) {
  Deno.test(`stream between two machines: ${name}`, () => {
    const world = tables();
    const row = connect(world, shape);
    assert.equal(world.connections.findBetween(OURS, THEIRS), found ? row : null);
  });
}

Deno.test("connection table: what is counted of each kind is what a walk finds, whatever became of connections", () => {
  const { connections } = tables();
  const random = seeded(7);
  const one = <Of>(list: readonly Of[]) => list[Math.floor(random() * list.length)]!;
  const found = () => {
    const counts: Record<string, number> = {};
    for (const { direction, state, id } of connections.rows()) {
      const kind = `${direction} ${state} ${families.get(id) ?? "none"}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };
  const families = new Map<string, string>();
  for (let step = 0; step < 2000; step++) {
    const rows = [...connections.rows()];
    if (rows.length === 0 || random() < 0.3) connections.open(one(["in", "out"] as const));
    else if (random() < 0.25) connections.close(one(rows));
    else if (random() < 0.5) one(rows).state = one(["negotiating", "established", "closing"] as const);
    else {
      const row = one(rows), six = random() < 0.5;
      row.reached(six ? "2001:db8::1" : "192.0.2.1");
      families.set(row.id, six ? "ipv6" : "ipv4");
    }
    const kinds = [...connections.sums.census.kinds()].filter(({ count }) => count > 0);
    const counted = kinds.map((
      { direction, state, family, count },
    ) => [`${direction} ${state} ${family}`, count]);
    assert.deepEqual(Object.fromEntries(counted), found());
  }
});
