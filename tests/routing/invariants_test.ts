/** Whatever happens, in whatever order: what always holds of the two tables (protocol.md 2.2, 2.4). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConnectionRow } from "../../routing/connection_row.ts";
import { filterInward } from "../../routing/filter.ts";
import type { Grant } from "../../routing/grant.ts";
import { sendRequest } from "../../routing/pending_request.ts";
import { readVerdict } from "../../routing/verdict.ts";
import { type DomainPair, pairKey, parseDomain } from "../../xmpp/domain.ts";
import { connect, delegated, NOW, proofOf, type Tables, tables, THEIRS } from "./fixtures.ts";

const LOCALS = ["target.example", "other-target.example"].map(parseDomain);
const REMOTES = ["sender.example", "other-sender.example"].map(parseDomain);
const PAIRS: DomainPair[] = LOCALS.flatMap((local) => REMOTES.map((remote) => ({ local, remote })));

const ACTS = [
  "open in",
  "open in bidi",
  "open out",
  "open out bidi",
  "grant",
  "prove",
  "request",
  "valid",
  "invalid",
  "authorise",
  "revoke",
  "expire",
  "stop sending",
  "close",
] as const;
type Act = typeof ACTS[number];
type Step = readonly [act: Act, connection: number, pair: number];

/** The tables, every connection that ever was, and every grant that was ever seen in a row. */
interface History extends Tables {
  readonly rows: ConnectionRow[];
  readonly seen: Set<Grant>;
}

const steps = fc.array(
  fc.tuple(fc.constantFrom(...ACTS), fc.nat({ max: 5 }), fc.nat({ max: PAIRS.length - 1 })),
  { minLength: 20, maxLength: 100, size: "max" },
);

/** Begins with one connection of each kind. */
function begin(): History {
  const history: History = { ...tables(), rows: [], seen: new Set() };
  for (const act of ACTS.slice(0, 4)) perform(history, [act, 0, 0]);
  return history;
}

Deno.test("tables: rows hold only live grants of open connections with a proof; nothing else is live", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const history: History = { ...tables(), rows: [], seen: new Set() };
      for (const step of sequence) {
        perform(history, step);
        checkRows(history);
        checkCounts(history);
        checkFilter(history);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("tables: when every connection is closed nothing is left", () => {
  fc.assert(fc.property(steps, (sequence) => {
    const history = begin();
    for (const step of sequence) perform(history, step);
    for (const row of history.rows) history.connections.close(row);
    assert.deepEqual([history.bindings.size, history.connections.size], [0, 0]);
    assert.equal(history.connections.findReusable(delegated("secure", [THEIRS]), NOW), null);
    for (const grant of history.seen) assert.ok(!grant.live);
  }));
});

function perform(history: History, [act, index, which]: Step): void {
  const { bindings, connections, rows } = history;
  if (act.startsWith("open")) {
    const direction = act.startsWith("open in") ? "in" : "out";
    rows.push(connect(history, { direction, bidi: act.endsWith("bidi") }));
    return;
  }
  if (act === "authorise") {
    for (const part of ["prove", "request", "valid"] as const) perform(history, [part, index, which]);
    return;
  }
  const row = rows[index % rows.length];
  const pair = PAIRS[which]!;
  if (row === undefined) return;
  if (act === "close") connections.close(row);
  if (act === "expire") bindings.expire(row, pair.remote);
  if (act === "revoke") bindings.revoke(row, pair);
  if (act === "stop sending") bindings.stopSending(row);
  if (!row.open) return;
  if (act === "prove") row.delegate(proofOf(pair.remote), NOW);
  if (act === "grant" && row.receives) bindings.grant(row, pair, proofOf(pair.remote), NOW);
  if (act === "request" && row.requests && !row.pendingOut.has(pairKey(pair))) sendRequest(row, pair);
  if (act === "valid" || act === "invalid") answer(history, row, pair, act);
}

/** What the shell does with a verdict (2.7). */
function answer(
  { bindings }: History,
  row: ConnectionRow,
  pair: DomainPair,
  type: "valid" | "invalid",
): void {
  const before = bindings.sendingOn(pair, row);
  const meaning = readVerdict(bindings, row, pair, type);
  if (meaning.is === "revocation") bindings.revoke(row, pair);
  if (meaning.is !== "answer") {
    // nothing that nobody asked for may open anything.
    if (type === "valid") assert.equal(bindings.sendingOn(pair, row), before);
    return;
  }
  const permission = type === "valid" ? meaning.request.accept() : (meaning.request.settle(), null);
  if (permission !== null) bindings.authorise(permission, NOW);
}

function checkRows({ bindings, seen }: History): void {
  const standing = new Set<Grant>();
  for (const row of bindings.rows()) {
    assert.ok(row.send.length + row.recv.length > 0, "an empty row stands");
    assert.equal(new Set(row.send.map(({ connection }) => connection)).size, row.send.length);
    assert.equal(new Set(row.recv.map(({ connection }) => connection)).size, row.recv.length);
    for (const grant of [...row.send, ...row.recv]) {
      const { connection } = grant;
      assert.ok(grant.live && connection.open && connection.delegated.has(row.remote));
      assert.equal(pairKey(grant.pair), pairKey(row));
      standing.add(grant);
      seen.add(grant);
    }
    assert.ok(row.recv.every(({ connection, direction }) => direction === "recv" && connection.receives));
    assert.ok(row.send.every(({ connection: { direction, bidi } }) => direction === "out" || bidi));
  }
  for (const grant of seen) assert.equal(grant.live, standing.has(grant), "a grant lives outside its row");
}

function checkCounts({ bindings, rows }: History): void {
  assert.equal([...bindings.rows()].length, bindings.size);
  for (const connection of rows) {
    const mine = [...bindings.rows()].filter(({ send, recv }) =>
      [...send, ...recv].some((grant) => grant.connection === connection)
    );
    assert.equal(bindings.pairsOn(connection), mine.length);
    assert.deepEqual(new Set(bindings.rowsOn(connection)), new Set(mine));
  }
}

/** A stanza passes if and only if its own connection holds a live grant for its pair, and may carry it. */
function checkFilter(history: History): void {
  const filter = { ...history, carries: () => true, unauthorisedPairsPerMinute: 1e9 };
  for (const connection of history.rows.filter((row) => row.open)) {
    for (const { local, remote } of PAIRS) {
      const grant = history.bindings.receiving({ local, remote }, connection);
      const arrival = { sender: remote, target: local, bounceable: false };
      const found = filterInward(filter, connection, arrival, NOW);
      assert.equal(found.action === "deliver" && found.grant.live, grant !== null);
      const clear = filterInward({ ...filter, carries: () => false }, connection, arrival, NOW);
      assert.notEqual(clear.action, "deliver");
    }
  }
}
