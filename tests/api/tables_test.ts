/** The tables of the API: the language of filters, order, pages, facets; and that a long look holds nobody up. console.md 2.3. */
import assert from "node:assert/strict";
import type { TableName } from "../../observe/contract.ts";
import type { LiveRoute, Source, Sources } from "../../observe/live.ts";
import { readAsked } from "../../observe/tables/asking.ts";
import { lookUp, printList } from "../../observe/tables/list.ts";
import { order } from "../../observe/tables/order.ts";
import { Pace, type Rest } from "../../observe/tables/pace.ts";
import { TABLES } from "../../observe/tables/tables.ts";
import { Stage } from "../harness/stage.ts";
import { ask, assertProblem, tokenOf } from "./ask.ts";
import { large } from "./large.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

/** A route of a list, by what is particular about it. */
function route(particular: Partial<LiveRoute>): LiveRoute {
  return {
    local: "montague.example",
    remote: "capulet.example",
    state: "authorised",
    send: [],
    recv: [],
    queued: 0,
    queuedBytes: 0,
    queuedSince: null,
    prooftype: null,
    expires: null,
    recheckAt: null,
    boundMs: null,
    failures: 0,
    nextAttemptAt: null,
    reason: null,
    refusal: null,
    blockedUntil: null,
    connections: () => [],
    ...particular,
  };
}

const ROWS: readonly LiveRoute[] = [
  route({
    remote: "capulet.example",
    send: ["c-1"],
    prooftype: "dna-srv",
    expires: NOW + 3_600_000,
    queued: 3,
  }),
  route({ remote: "mx.verona.example", state: "denied", reason: "dns.bogus", failures: 2 }),
  route({
    remote: "straße.example",
    state: "backoff",
    reason: "tcp.timeout",
    queued: 7,
    queuedSince: NOW - 60_000,
  }),
  route({ local: "other.example", remote: "paris.example", state: "denied", reason: "peer.denied" }),
];

const source = (rows: readonly LiveRoute[]): Source<LiveRoute> => ({
  size: rows.length,
  rows: () => rows,
  past: () => [],
  again: (row) => row,
  key: ({ local, remote }) => `${local} ${remote}`,
  counted: () => ({}),
});

const only = (rows: readonly LiveRoute[]) => ({ routes: source(rows) }) as Sources;

interface Asking {
  readonly q?: string;
  readonly sort?: string;
  readonly from?: number;
  readonly to?: number;
}

// deno-lint-ignore no-explicit-any -- each test checks the fields that it reads
async function list(sources: Sources, { q = "", sort = "", from = 0, to = 100 }: Asking = {}): Promise<any> {
  const table = TABLES.routes;
  const asked = readAsked(table, { q, sort, window: { from, to } });
  const printed = await new Pace().run((rest) => lookUp(table, sources, asked, NOW, rest));
  return JSON.parse(printList("routes", printed, asked, { epoch: "e", now: "" }));
}

const remotes = ({ routes }: { routes: { remote: string }[] }) => routes.map(({ remote }) => remote);
const short = (names: string[]) => names.map((name) => name.split(".")[0]).join(" ");

/** What of ROWS each filter leaves, by first labels. */
const FILTERS: Record<string, string> = {
  "": "capulet mx straße paris",
  "state:denied": "mx paris",
  "STATE:Denied": "mx paris",
  "-state:denied": "capulet straße",
  "state:denied local:other.example": "paris",
  "state:denied -local:other.example": "mx",
  "remote:*.verona.example": "mx",
  "remote:*.example": "capulet mx straße paris",
  "remote:mx*": "mx",
  "remote:m*x": "",
  "remote:*er*": "mx",
  "remote:*e*o*a*": "mx",
  "remote:verona": "",
  "domain:other*": "paris",
  "name:paris.example": "paris",
  "reason:dns.*": "mx",
  "cause:peer.denied": "paris",
  "reason:none": "capulet",
  "-reason:none": "mx straße paris",
  "verona": "mx",
  "VERONA": "mx",
  "-verona": "capulet straße paris",
  "connection:c-1": "capulet",
  "*.verona.*": "mx",
  "remote:xn--strae-oqa.example": "straße",
  "xn--strae-oqa": "straße",
  "queued:>0": "capulet straße",
  "queued:>=7": "straße",
  "queued:<7": "capulet mx paris",
  "queued:7": "straße",
  "failures:2": "mx",
  "waiting:>30s": "straße",
  "waiting:1m": "straße",
  "waiting:>2m": "",
  "-waiting:>2m": "capulet mx straße paris",
  "expires:<2h": "capulet",
  "expires:<30m": "",
  "nothing.like.it": "",
  "remote:<img": "",
  "- state:denied": "mx paris",
};
for (const [q, expected] of Object.entries(FILTERS)) {
  Deno.test(`tables: q=${q || "(nothing)"}`, async () => {
    const answer = await list(only(ROWS), { q });
    assert.equal(short(remotes(answer)), expected);
    assert.deepEqual([answer.total, answer.all, answer.next], [answer.routes.length, 4, null]);
  });
}

const MISTAKES: Record<string, [Asking, RegExp]> = {
  "an unknown field, with the nearest one": [{ q: "stat:denied" }, /did you mean "state"/],
  "an unknown field that is like none": [{ q: "colour:red" }, /there are state, local, remote/],
  "an age that is none": [{ q: "waiting:>soon" }, /waiting:>1h/],
  "a number that is none": [{ q: "queued:>many" }, /queued:>10/],
  "a value that the state cannot have": [{ q: "state:open" }, /one of resolving, connecting/],
  "the same, negated, and with a star": [{ q: "-state:open*" }, /one of resolving/],
  "too many terms": [{ q: "a ".repeat(21) }, /use fewer/],
  "a filter that is too long": [{ q: "x".repeat(1001) }, /1000 characters/],
  "an unknown order": [{ sort: "-colour" }, /there are state, local/],
  "an order by a list": [{ sort: "domain" }, /there are state, local/],
};
for (const [name, [asking, hint]] of Object.entries(MISTAKES)) {
  Deno.test(`tables: 400 for ${name}`, async () => {
    await assert.rejects(
      () => list(only(ROWS), asking),
      (error: Error & { hint: string; status: number }) => {
        assert.equal(error.status, 400);
        assert.match(error.hint, hint);
        return true;
      },
    );
  });
}

Deno.test("tables: IPv6 addresses are words, not fields", () => {
  const asked = readAsked(TABLES.connections, {
    q: "2001:db8::1 fe80::1 ::1",
    sort: "",
    window: { from: 0, to: 1 },
  });
  assert.deepEqual(asked.query.map(({ field }) => field), [null, null, null]);
});

/** By first labels; what is not there comes last in both directions, equals stay in their order. */
const ORDERS: Record<string, string> = {
  remote: "capulet mx paris straße",
  "-remote": "straße paris mx capulet",
  queued: "mx paris capulet straße",
  "-queued": "straße capulet mx paris",
  reason: "mx paris straße capulet",
  "-reason": "straße paris mx capulet",
  state: "capulet straße mx paris",
  "-expires": "capulet mx straße paris",
};
for (const [sort, expected] of Object.entries(ORDERS)) {
  Deno.test(`tables: sort=${sort}`, async () => {
    assert.equal(short(remotes(await list(only(ROWS), { sort }))), expected);
  });
}

Deno.test("tables: the sort is that of the language, for many rows, stable, in both directions", async () => {
  const keys = Array.from({ length: 5000 }, (_, n) => (n * 7919) % 997 === 5 ? null : (n * 7919) % 613);
  for (const descending of [false, true]) {
    const places = await new Pace().run((rest) => order(keys, descending, rest));
    const expected = keys.map((key, place) => ({ key, place })).sort((a, b) => {
      if (a.key === b.key) return a.place - b.place;
      if (a.key === null || b.key === null) return a.key === null ? 1 : -1;
      return descending ? b.key - a.key : a.key - b.key;
    });
    assert.deepEqual([...places], expected.map(({ place }) => place));
  }
});

Deno.test("tables: pages are cut where the cursor says, and their rows are those of the whole", async () => {
  for (const sort of ["", "remote"]) {
    const whole = remotes(await list(only(ROWS), { sort }));
    const first = await list(only(ROWS), { sort, to: 3 });
    assert.deepEqual([remotes(first), first.next, first.total], [whole.slice(0, 3), "3", 4]);
    const second = await list(only(ROWS), { sort, from: 3, to: 6 });
    assert.deepEqual([remotes(second), second.next], [whole.slice(3), null]);
  }
  assert.deepEqual((await list(only(ROWS), { from: 90, to: 100 })).routes, []);
});

Deno.test("tables: a facet counts what there would be without the terms for its own field", async () => {
  const facet = async (q: string, name: string) =>
    Object.fromEntries(
      (await list(only(ROWS), { q })).facets[name].map((
        f: { value: string; count: number },
      ) => [f.value, f.count]),
    );
  assert.deepEqual(await facet("", "state"), { denied: 2, authorised: 1, backoff: 1 });
  assert.deepEqual(await facet("state:denied", "state"), { denied: 2, authorised: 1, backoff: 1 });
  assert.deepEqual(await facet("state:denied", "reason"), { "dns.bogus": 1, "peer.denied": 1 });
  assert.deepEqual(await facet("state:denied reason:dns.bogus", "state"), { denied: 1 });
  assert.deepEqual(await facet("verona state:backoff", "state"), { denied: 1 });
  assert.deepEqual(await facet("nothing", "state"), {});
});

Deno.test("tables: an incremental count is the one that a look at every row gives", async () => {
  const { sources, total } = large(2000);
  const [quick, slow] = [await list(sources), await list(sources, { q: "*" })];
  assert.deepEqual([quick.total, quick.all], [total, total]);
  assert.deepEqual([slow.total, slow.all], [total, total]);
  assert.deepEqual(quick.facets, slow.facets);
  assert.deepEqual(quick.routes, slow.routes);
  assert.equal(
    (await list(sources, { q: "state:denied" })).total,
    quick.facets.state.find((f: { value: string }) => f.value === "denied").count,
  );
});

const PAIRS = 100_000;

/** Twelve round trips over TCP, as a handshake has them, on this very event loop. */
async function exchange(port: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(64);
  for (let i = 0; i < 12; i++) {
    await connection.write(buffer);
    await connection.read(buffer);
  }
}

Deno.test("tables: while 100,000 pairs are looked at, handshakes go on: many of them within one answer (B11)", async () => {
  const { sources, now } = large(PAIRS);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const echo = (async () => {
    for await (const each of listener) void each.readable.pipeTo(each.writable).catch(() => {});
  })();
  for (const [q, sort] of [["remote:*.hosting-3.example -state:denied", ""], ["customer", "-expires"]]) {
    const asked = readAsked(TABLES.routes, { q: q!, sort: sort!, window: { from: 0, to: 500 } });
    const pace = new Pace();
    let looking = true;
    const looks = Array.from(
      { length: 3 },
      () => pace.run((rest) => lookUp(TABLES.routes, sources, asked, now, rest)),
    );
    const all = Promise.all(looks).then(() => looking = false);
    let done = 0;
    for (; looking; done++) await exchange(listener.addr.port);
    await all;
    assert.ok(done >= 3, `${q} ${sort}: only ${done} exchanges within three looks`);
  }
  listener.close();
  await echo;
});

Deno.test("tables: nobody waits: the look ends; too many looks: 503", async () => {
  const { sources, now } = large(20_000);
  const asked = readAsked(TABLES.routes, { q: "nothing", sort: "", window: { from: 0, to: 1 } });
  const look = (rest: Rest) => lookUp(TABLES.routes, sources, asked, now, rest);
  const pace = new Pace();
  const gone = new AbortController();
  const looking = pace.run(look, gone.signal);
  gone.abort(new Error("gone"));
  await assert.rejects(looking, /gone/);

  const all = await Promise.allSettled(Array.from({ length: 80 }, () => pace.run(look)));
  const refused = all.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  assert.deepEqual([refused.length, refused[0].status, refused[0].id], [12, 503, "api.busy"]);
});

Deno.test("tables: closed connections are remembered with their cause, and listed where they are asked for", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const token = await tokenOf(stage, "viewer");
  const get = async (path: string) => (await ask(stage, `/api/v1${path}`, { token })).json;
  const [{ id }] = (await get("/connections?q=state:established+name:sender.example")).connections;
  await stage.server.api(`/connections/${id}/close`, "POST", {});
  await stage.server.told({ event: "connection.closed", connection: id });
  assert.equal((await get("/connections")).total, 0);
  const closed = await get("/connections?q=state:closed+cause:operator.*&sort=-age");
  const [row] = closed.connections;
  assert.deepEqual([row.id, row.state, row.cause, row.pairs, row.delegatedCount], [
    id,
    "closed",
    "operator.closed",
    1,
    1,
  ]);
  assert.equal(row.delegated[0].domain, "sender.example");
  assert.ok(row.closedAt >= row.since);
  assert.deepEqual(await get(`/connections/${id}`), row);
  assert.equal((await get("/connections?q=-state:closed")).total, 0);
  assert.ok((await get(`/connections/${id}/events`)).events.length > 0);
});

Deno.test("tables: every field can be asked for, and says what it is", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const token = await tokenOf(stage, "viewer");
  const { json: fields } = await ask(stage, "/api/v1/fields", { token });
  assert.deepEqual(Object.keys(fields), ["connections", "routes", "proofs", "domains"]);
  const VALUES = { text: "x*", texts: "x*", number: ">1", age: ">1h", ahead: "<1h" } as const;
  for (const name of Object.keys(fields) as TableName[]) {
    for (const { key, kind, values, sortable, about } of fields[name]) {
      assert.ok(about.length > 3, key);
      const value = kind === "word" ? values[0] : VALUES[kind as keyof typeof VALUES];
      const found = await ask(
        stage,
        `/api/v1/${name}?q=${key}:${encodeURIComponent(value)}&sort=${sortable ? `-${key}` : ""}`,
        { token },
      );
      assert.equal(found.status, 200, `${name} ${key}: ${found.text}`);
      if (!sortable) assertProblem(await ask(stage, `/api/v1/${name}?sort=${key}`, { token }), 400);
    }
  }
});
