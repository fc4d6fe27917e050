import assert from "node:assert/strict";
import { type Arrival, type Filter, type Filtered, filterInward } from "../../routing/filter.ts";
import { type Domain, parseDomain } from "../../xmpp/domain.ts";
import {
  accepted,
  authorise,
  connect,
  DAY,
  grant,
  NO_CERTIFICATE,
  NOW,
  OTHER_SENDER,
  OTHER_TARGET,
  OURS,
  PAIR,
  proofOf,
  type Shape,
  type Tables,
  tables,
  THEIRS,
} from "./fixtures.ts";

const IN: Shape = { direction: "in" };
const NOWHERE = parseDomain("nowhere.example");
const BANK = parseDomain("bank.example");

function filterOf(world: Tables): Filter {
  return { ...world, carries: () => true, unauthorisedPairsPerMinute: 10 };
}

/** A server-name stream with (target.example, sender.example) granted; what the row changes; what arrives. */
type Row = [
  from: Domain | null,
  to: Domain | null,
  expected: string,
  change?: (world: Tables, shape: Shape) => ReturnType<typeof connect>,
  bounceable?: boolean,
];

const REPLY_F5 = "discard F5 route.unauthorised, not-authorized invalid-connection";
const SILENT_F5 = "discard F5 route.unauthorised";

const classic = (world: Tables) =>
  connect(world, { direction: "in", mode: "classic", certificate: NO_CERTIFICATE });

const CASES: Record<string, Row> = {
  "F1: no `from`": [null, PAIR.local, "close F1 improper-addressing"],
  "F1: no `to`": [PAIR.remote, null, "close F1 improper-addressing"],
  "F1 comes before F2": [null, PAIR.local, "close F1 improper-addressing", classic],
  "F2: nothing was ever proven on the stream": [
    PAIR.remote,
    PAIR.local,
    "close F2 not-authorized",
    classic,
  ],
  "F2 comes before F3 and F4": [BANK, NOWHERE, "close F2 not-authorized", classic],
  "F3: a domain that was never proven here": [BANK, PAIR.local, "close F3 invalid-from"],
  "F3 comes before F4": [BANK, NOWHERE, "close F3 invalid-from"],
  "F3: proven on another connection only": [
    OTHER_SENDER.remote,
    PAIR.local,
    "close F3 invalid-from",
    (world) => {
      grant(world, connect(world, IN), OTHER_SENDER);
      return granted(world);
    },
  ],
  "F3: a subdomain of a proven domain": [
    parseDomain("a.sender.example"),
    PAIR.local,
    "close F3 invalid-from",
  ],
  "F4: a target that is not ours": [PAIR.remote, NOWHERE, "close F4 host-unknown"],
  "F4: a target removed a moment ago": [
    PAIR.remote,
    PAIR.local,
    "discard F4 route.unknown-target, item-not-found null, revoke",
    (world) => {
      const row = granted(world);
      world.hosted.remove(PAIR.local, NOW);
      return row;
    },
  ],
  "F4: a removed target, an error": [
    PAIR.remote,
    PAIR.local,
    "discard F4 route.unknown-target, revoke",
    (world) => {
      const row = granted(world);
      world.hosted.remove(PAIR.local, NOW);
      return row;
    },
    false,
  ],
  "F4: a target removed a day ago": [
    PAIR.remote,
    PAIR.local,
    "close F4 host-unknown",
    (world) => {
      const row = granted(world);
      world.hosted.remove(PAIR.local, NOW - DAY);
      return row;
    },
  ],
  "DNA-41 F5: a grant for one target is none for another": [
    PAIR.remote,
    OTHER_TARGET.local,
    REPLY_F5,
  ],
  "F5: an error gets no reply": [PAIR.remote, OTHER_TARGET.local, SILENT_F5, undefined, false],
  "F5: the target is our machine": [PAIR.remote, OURS, REPLY_F5],
  "F5: the sender is the peer's machine": [THEIRS, PAIR.local, REPLY_F5],
  "F5: the pair is granted on another connection": [
    PAIR.remote,
    PAIR.local,
    REPLY_F5,
    (world) => {
      granted(world);
      const row = connect(world, IN);
      row.delegate(proofOf(PAIR.remote), NOW);
      return row;
    },
  ],
  "F5: the pair was revoked, stanzas are in flight": [
    PAIR.remote,
    PAIR.local,
    REPLY_F5,
    (world) => {
      const row = granted(world);
      world.bindings.revoke(row, PAIR);
      return row;
    },
  ],
  "F5: the last pair of an unauthenticated stream was revoked": [
    PAIR.remote,
    PAIR.local,
    REPLY_F5,
    (world) => {
      const row = connect(world, { direction: "in", certificate: accepted("sender.example", THEIRS) });
      grant(world, row, PAIR);
      row.remote = null; // the header's name proves nothing
      world.bindings.revoke(row, PAIR);
      return row;
    },
  ],
  "F5: the proof has ended": [
    PAIR.remote,
    PAIR.local,
    REPLY_F5,
    (world) => {
      const row = granted(world);
      world.bindings.expire(row, PAIR.remote);
      return row;
    },
  ],
  "F5: we may send the pair here, the peer may not": [
    PAIR.remote,
    PAIR.local,
    REPLY_F5,
    (world) => {
      const row = connect(world, { direction: "out" });
      authorise(world, row, PAIR);
      return row;
    },
  ],
  "F7: a granted pair": [PAIR.remote, PAIR.local, "deliver"],
  "F7: an error of a granted pair": [PAIR.remote, PAIR.local, "deliver", undefined, false],
  "F7: the inverse of what the peer granted us, with bidi": [
    PAIR.remote,
    PAIR.local,
    "deliver",
    (world) => {
      const row = connect(world, { direction: "out", bidi: true });
      authorise(world, row, PAIR);
      return row;
    },
  ],
  "R-10: between the machines": [THEIRS, OURS, "serve"],
  "R-10: not on a classic stream": [
    THEIRS,
    OURS,
    "close F3 invalid-from",
    (world) => {
      const row = connect(world, { direction: "in", mode: "classic" });
      grant(world, row, PAIR);
      return row;
    },
  ],
  "R-10: not where the peer may not send": [
    THEIRS,
    OURS,
    REPLY_F5,
    (world) => connect(world, { direction: "out" }),
  ],
};
for (const [name, [sender, target, expected, change, bounceable]] of Object.entries(CASES)) {
  Deno.test(`filter, ${name}`, () => {
    const world = tables();
    const row = (change ?? granted)(world, IN);
    const arrival: Arrival = { sender, target, bounceable: bounceable ?? true };
    assert.equal(summary(filterInward(filterOf(world), row, arrival, NOW)), expected);
  });
}

Deno.test("TLS-4 filter: without TLS a live grant passes by the policy of its own pair alone", () => {
  const world = tables();
  const row = granted(world);
  const other = { ...PAIR, local: OTHER_TARGET.local };
  grant(world, row, other);
  const filter = { ...filterOf(world), carries: ({ local }: typeof PAIR) => local === PAIR.local };
  const found = ({ remote, local }: typeof PAIR) =>
    summary(filterInward(filter, row, { sender: remote, target: local, bounceable: true }, NOW));
  assert.deepEqual([found(PAIR), found(other)], ["deliver", REPLY_F5]);
});

Deno.test("filter: what it lets pass carries the live grant of that pair on that connection", () => {
  const world = tables();
  const row = granted(world);
  const passed = filterInward(
    filterOf(world),
    row,
    { sender: PAIR.remote, target: PAIR.local, bounceable: true },
    NOW,
  );
  assert.ok(passed.action === "deliver");
  assert.ok(passed.grant.live && passed.grant.connection === row && passed.grant.direction === "recv");
});

/** Sends one stanza of `sender.example` to `targetN.example`, all of them hosted here. */
function flood(world: Tables, row: ReturnType<typeof connect>) {
  return (target: number, seconds: number, sender = PAIR.remote) => {
    const domain = parseDomain(`target${target}.example`);
    world.hosted.add(domain, false, NOW);
    const arrival = { sender, target: domain, bounceable: true };
    return summary(filterInward(filterOf(world), row, arrival, NOW + seconds * 1000));
  };
}

Deno.test("DNA-40 F6: eleven different strangers within 60 s end the stream", () => {
  const world = tables();
  const hit = flood(world, granted(world));
  for (let target = 1; target <= 10; target++) assert.equal(hit(target, target), REPLY_F5);
  assert.equal(hit(11, 59), "close F6 policy-violation");
});

Deno.test("DNA-40 F6: strangers leave the window after 60 s", () => {
  const world = tables();
  const hit = flood(world, granted(world));
  for (let target = 1; target <= 100; target++) assert.equal(hit(target, target * 6), REPLY_F5);
});

Deno.test("DNA-40 F6: a thousand stanzas of one revoked pair cost replies, not the stream", () => {
  const world = tables();
  const row = granted(world);
  world.bindings.revoke(row, PAIR);
  const outcomes = Array.from({ length: 1000 }, () => {
    const arrival = { sender: PAIR.remote, target: PAIR.local, bounceable: true };
    return summary(filterInward(filterOf(world), row, arrival, NOW + 1000));
  });
  assert.deepEqual(outcomes.slice(0, 10), Array(10).fill(REPLY_F5));
  assert.deepEqual(new Set(outcomes.slice(10)), new Set([SILENT_F5]));
  assert.equal(row.strangers.silenced, 990);
});

Deno.test("F6: many revoked pairs at once are no flood", () => {
  const world = tables();
  const row = granted(world);
  const locals = Array.from({ length: 50 }, (_, index) => parseDomain(`target${index}.example`));
  for (const local of locals) grant(world, row, { local, remote: PAIR.remote });
  world.bindings.expire(row, PAIR.remote);
  const hit = flood(world, row);
  for (const index of locals.keys()) assert.equal(hit(index, 1), REPLY_F5);
});

Deno.test("F6: replies to one pair come again when the window has moved on", () => {
  const world = tables();
  const hit = flood(world, granted(world));
  for (let time = 0; time < 10; time++) assert.equal(hit(1, time), REPLY_F5);
  assert.equal(hit(1, 10), SILENT_F5);
  assert.equal(hit(1, 59), SILENT_F5);
  assert.equal(hit(1, 75), REPLY_F5);
});

function granted(world: Tables): ReturnType<typeof connect> {
  const row = connect(world, IN);
  grant(world, row, PAIR);
  return row;
}

function summary(found: Filtered): string {
  if (found.action === "close") return `close ${found.rule} ${found.condition}`;
  if (found.action !== "discard") return found.action;
  const { rule, cause, reply, revoke } = found;
  const answer = reply === null ? "" : `, ${reply.condition} ${reply.detail}`;
  return `discard ${rule} ${cause}${answer}${revoke ? ", revoke" : ""}`;
}
