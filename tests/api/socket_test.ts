/** The page's WebSocket: who may open it, what it says, what happens to who does not read. console.md 2.3, 2.4, 6. */
import assert from "node:assert/strict";
import type { LiveRoute, Source, Sources } from "../../observe/live.ts";
import { Recorder } from "../../observe/recorder.ts";
import type { ServerView } from "../../observe/view.ts";
import { granted, Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import { ask, assertProblem, tokenOf } from "./ask.ts";
import { type Alone, alone, TOKEN, VIEWER_TOKEN } from "./parts.ts";
import { knock, Page, textFrame } from "./socket.ts";
import { large } from "./large.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };

/** Some routes that a test changes. */
function changing(rows: LiveRoute[]): Sources {
  const routes: Source<LiveRoute> = {
    get size() {
      return rows.length;
    },
    rows: () => rows,
    past: () => [],
    again: ({ local, remote }) => rows.find((row) => row.local === local && row.remote === remote) ?? null,
    key: ({ local, remote }) => `${local} ${remote}`,
    counted: () => ({}),
  };
  return { routes } as Sources;
}

function route(remote: string, particular: Partial<LiveRoute> = {}): LiveRoute {
  return {
    ...{
      local: "montague.example",
      remote,
      state: "authorised",
      send: [],
      recv: [],
      queued: 0,
      queuedBytes: 0,
    },
    ...{ queuedSince: null, prooftype: null, expires: null, recheckAt: null, boundMs: null, failures: 0 },
    ...{
      nextAttemptAt: null,
      refusal: null,
      blockedUntil: null,
      reason: null,
      connections: () => [],
      ...particular,
    },
  } as LiveRoute;
}

const viewOf = (sources: Sources) => ({ sources }) as ServerView;

async function cookieOf(at: Alone): Promise<string> {
  const entered = await ask(at.origin, "/api/v1/session", { method: "POST", body: { token: TOKEN } });
  return entered.headers.get("set-cookie")!.split(";")[0]!;
}

Deno.test("socket: by session only from our own page, by token from anywhere; nobody else (X3)", async () => {
  await using at = alone();
  const cookie = await cookieOf(at);
  const cases: [Record<string, string>, number][] = [
    [{}, 401],
    [{ origin: at.origin }, 401],
    [{ authorization: "Bearer wrong" }, 401],
    [{ "sec-websocket-protocol": "verona, bearer.wrong" }, 401],
    [{ cookie }, 403],
    [{ cookie, origin: "http://evil.example" }, 403],
    [{ cookie, origin: at.origin.replace(/\d+$/, "9") }, 403],
    [{ ...bearer, origin: "http://evil.example" }, 403],
    [{ cookie, origin: at.origin, host: "evil.example" }, 421],
    [{ cookie, origin: at.origin }, 101],
    [{ cookie, "sec-fetch-site": "same-origin" }, 101],
    [bearer, 101],
    [{ "sec-websocket-protocol": `verona, bearer.${TOKEN}` }, 101],
  ];
  for (const [headers, status] of cases) {
    const { connection, answer } = await knock(at.origin, headers);
    connection.close();
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(headers));
    if (headers["sec-websocket-protocol"]?.includes(TOKEN)) {
      assert.match(answer, /sec-websocket-protocol: verona\r/);
    }
    assert.ok(!answer.includes(TOKEN), "the token comes back");
  }
  assertProblem(await ask(at.origin, "/api/v1/ws", { token: TOKEN }), 426, "api.upgrade");
});

Deno.test("socket: 32 at one time, the last eight for operators alone, the next is refused; who leaves makes room", async () => {
  await using at = alone();
  await using stack = new AsyncDisposableStack();
  const open = async (count: number, token: string) => {
    const pages = Array.from({ length: count }, () => stack.use(Page.open(at.origin, token)));
    for (const page of pages) await page.hear("hello", ({ op }) => op === "hello");
    return pages;
  };
  const refused = async (token: string) => {
    const { connection, answer } = await knock(at.origin, { authorization: `Bearer ${token}` });
    connection.close();
    assert.match(answer, /^HTTP\/1.1 503 /);
  };
  const viewers = await open(24, VIEWER_TOKEN);
  await refused(VIEWER_TOKEN);
  await open(8, TOKEN);
  await refused(TOKEN);
  await viewers[0]![Symbol.asyncDispose]();
  const again = stack.use(Page.open(at.origin, VIEWER_TOKEN));
  const hello = await again.hear("hello", ({ op }) => op === "hello");
  assert.deepEqual([hello.role, hello.epoch, again.protocol], ["viewer", at.parts.recorder.epoch, "verona"]);
});

Deno.test("socket: a window of a table, then what changes in it; rows keep their places, new ones are counted", async () => {
  const rows = [route("a.example"), route("b.example"), route("c.example")];
  await using at = alone({ parts: { view: viewOf(changing(rows)) } });
  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  page.say({ sub: "routes", q: "-state:denied", sort: "remote", window: [0, 2] });
  const { data } = await page.topic("routes", "snapshot");
  assert.deepEqual([data.total, data.all, data.window], [3, 3, [0, 2]]);
  assert.deepEqual([data.q, data.sort], ["-state:denied", "remote"]);
  assert.deepEqual(data.rows.map(({ key }: { key: string }) => key), [
    "montague.example a.example",
    "montague.example b.example",
  ]);
  assert.deepEqual(data.facets.state, [{ value: "authorised", count: 3 }]);

  rows[1] = route("b.example", { queued: 7 });
  const first = (await page.topic("routes", "patch")).data;
  assert.deepEqual(first.changed.map(({ key, row }: { key: string; row: LiveRoute }) => [key, row.queued]), [
    ["montague.example b.example", 7],
  ]);
  rows[0] = route("a.example", { state: "denied" });
  assert.deepEqual((await page.topic("routes", "patch")).data.gone, ["montague.example a.example"]);
  rows.push(route("0.example"), route("1.example"));
  const fresh = await page.hear("new rows", ({ op, data }) => op === "patch" && data.fresh > 0);
  assert.deepEqual(
    [fresh.data.fresh, fresh.data.all, fresh.data.changed],
    [1, 5, []],
    "of 4 that match, 3 were known",
  );

  page.say({ sub: "routes", q: "state:denied", window: [0, 100] });
  assert.deepEqual((await page.topic("routes", "snapshot")).data.rows.length, 1);
  page.say({ unsub: "routes" });
});

Deno.test("socket: what is no frame, no topic, no filter: a problem each, and the socket stays; twenty are too many", async () => {
  await using at = alone({ parts: { view: viewOf(changing([])) } });
  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  const wrong: unknown[] = [
    "nonsense",
    "[1]",
    "null",
    "x".repeat(9000),
    { sub: "passwords" },
    { sub: "routes" },
    { sub: "routes", window: [0, 501] },
    { sub: "routes", window: [5, 1] },
    { sub: "routes", window: [-1, 5] },
    { sub: "routes", window: [0, 5], q: 7 },
    { sub: "routes", window: [0, 5], q: "colour:red" },
    { sub: "routes", window: [0, 5], sort: "colour" },
    { sub: "trace:nonsense" },
    { sub: "trace:a b/c" },
    { sub: "events", after: "yesterday" },
    { sub: "trace:c-1", after: {} },
  ];
  for (const frame of wrong) {
    page.say(frame);
    const { problem } = await page.hear(JSON.stringify(frame).slice(0, 60), ({ op }) => op === "problem");
    assert.equal(problem.status, 400);
  }
  page.say({ sub: "routes", window: [0, 5] });
  assert.equal((await page.topic("routes", "snapshot")).data.total, 0);
  for (let i = 0; i < 4; i++) page.say("nonsense");
  assert.equal((await page.closed).code, 4002);
});

Deno.test("socket: events from now on, or after the last one that was seen; what is missing is said", async () => {
  await using at = alone();
  const { recorder } = at.parts;
  for (let i = 0; i < 5; i++) recorder.tell({ type: "server.ready" });
  await using page = Page.open(at.origin, TOKEN);
  const hello = await page.hear("hello", ({ op }) => op === "hello");
  assert.equal(hello.id, `${recorder.epoch}-5`);
  page.say({ sub: "events", after: `${recorder.epoch}-3` });
  assert.equal((await page.topic("events", "event")).id, `${recorder.epoch}-4`);
  assert.equal((await page.topic("events", "event")).data.seq, 5);
  recorder.tell({ type: "server.draining" });
  const live = await page.topic("events", "event");
  assert.deepEqual([live.id, live.data.type], [`${recorder.epoch}-6`, "server.draining"]);

  page.say({ sub: "events", after: "another0-3" });
  assert.equal((await page.topic("events", "resync")).why, "restart");
  assert.equal((await page.topic("events", "event")).data.seq, 1);

  recorder.tell({ type: "connection.opened", connection: "c-7" });
  recorder.tell({ type: "connection.opened", connection: "c-8" });
  page.say({ sub: "trace:c-7", after: `${recorder.epoch}-0` });
  const traced = await page.topic("trace:c-7", "event");
  assert.deepEqual([traced.data.connection, traced.data.type], ["c-7", "connection.opened"]);
  recorder.tell({
    type: "pair.granted",
    connection: "c-9",
    pair: { local: "a.example", remote: "b.example" },
  });
  page.say({ sub: "trace:a.example/b.example", after: `${recorder.epoch}-0` });
  assert.equal((await page.topic("trace:a.example/b.example", "event")).data.type, "pair.granted");

  page.say({ unsub: "events" });
  for (let i = 0; i < 3000; i++) recorder.tell({ type: "connection.opened", connection: "c-7" });
  assert.equal((await page.topic("trace:c-7", "resync")).why, "slow");
});

Deno.test("socket: a reader that never reads is cut at 1 MiB with 4000; the others and the server go on (X8)", async () => {
  const { sources } = large(5000);
  // The flood is for the deaf one's socket: it is not to be sampled.
  const recorder = new Recorder(() => Date.now(), { perSecond: Infinity });
  await using at = alone({ parts: { view: viewOf(sources), recorder } });
  const deaf = await knock(at.origin, bearer);
  assert.match(deaf.answer, /^HTTP\/1.1 101 /);
  await deaf.connection.write(textFrame('{"sub":"events"}'));
  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  page.say({ sub: "trace:c-9", after: `${recorder.epoch}-0` });
  const detail = { text: "x".repeat(400) };
  // Kernel buffers take some megabytes before anything waits in the process.
  for (let round = 0; at.parts.hub.size > 1; round++) {
    assert.ok(round < 200, "it was not cut");
    for (let i = 0; i < 900; i++) recorder.tell({ type: "connection.opened", connection: "c-1", detail });
    recorder.tell({ type: "connection.opened", connection: "c-9" });
    await page.topic("trace:c-9", "event");
  }
  assert.equal(recorder.failures, 0);
  deaf.connection.close();
});

Deno.test("socket: a bug of ours costs one socket and is told; nothing else ends (X9)", async () => {
  const { routes } = changing([route("a.example")]);
  const broken: Source<LiveRoute> = {
    ...routes!,
    rows: () => {
      throw new Error("a bug");
    },
  };
  await using at = alone({ parts: { view: viewOf({ routes: broken } as Sources) } });
  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  page.say({ sub: "events" });
  page.say({ sub: "routes", window: [0, 5] });
  const told = await page.hear("the crash", ({ data }) => data?.type === "actor.crashed");
  assert.match(told.data.detail.error, /a bug/);
  assertProblem(await ask(at.origin, "/api/v1/routes", { token: TOKEN }), 500, "server.internal");

  await using other = Page.open(at.origin, TOKEN);
  await other.hear("hello", ({ op }) => op === "hello");
  const { recorder } = at.parts;
  recorder.trace = () => {
    throw new Error("another bug");
  };
  other.say({ sub: "trace:c-1", after: `${recorder.epoch}-0` });
  assert.equal((await other.closed).code, 1011);
  page.say({ sub: "events", after: `${recorder.epoch}-0` });
  await page.hear("the second crash", ({ data }) => /another bug/.test(data?.detail?.error));
});

Deno.test("socket: whoever asks for the past anew gives up what was still coming of it; what happens meanwhile comes after it, nothing twice", async () => {
  await using at = alone();
  const { recorder } = at.parts;
  for (let i = 0; i < 20_000; i++) recorder.tell({ type: "server.ready" });
  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  const [asked, most] = [40, 1000];
  for (let i = 0; i < asked; i++) page.say({ sub: "events", after: `${recorder.epoch}-1` });
  const seqs: number[] = [];
  const until = async (last: number) => {
    await page.hear(`event ${last}`, ({ op, id }) => {
      if (op === "event") seqs.push(Number(id.split("-")[1]));
      return seqs.at(-1) === last;
    });
  };
  await until(19_001);
  recorder.tell({ type: "server.draining" });
  await until(20_001);
  // The last question may be read before the newest event is told, or after it: then that is part of the past.
  const newest = seqs.slice(seqs.findLastIndex((seq, i) => seq !== (seqs[i - 1] ?? 0) + 1));
  assert.ok([19_001, 19_002].includes(newest[0]!), `the past begins with ${newest[0]}`);
  assert.deepEqual(newest, Array.from({ length: 20_002 - newest[0]! }, (_, i) => newest[0]! + i));
  assert.ok(seqs.length < asked * most / 2, `${seqs.length} events were printed for ${asked} questions`);
});

Deno.test("socket: it ends with its session (4001), and with the server (1001)", async () => {
  await using at = alone();
  const cookie = await cookieOf(at);
  const { connection, answer } = await knock(at.origin, { cookie, origin: at.origin });
  assert.match(answer, /^HTTP\/1.1 101 /);
  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  await ask(at.origin, "/api/v1/session", { method: "DELETE", headers: { cookie, origin: at.origin } });
  let bytes = new Uint8Array();
  for (const part = new Uint8Array(4096); !endsWithClose(bytes);) {
    const read = await connection.read(part);
    if (read === null) break;
    bytes = new Uint8Array([...bytes, ...part.subarray(0, read)]);
  }
  assert.ok(endsWithClose(bytes), "no close frame came");
  connection.close();
  at.parts.recorder.tell({ type: "server.stopped" });
  assert.equal((await page.closed).code, 1001);
});

/** A close frame with 4001 somewhere: 0x88, length, 0x0fa1. */
function endsWithClose(bytes: Uint8Array): boolean {
  return bytes.some((byte, i) => byte === 0x88 && bytes[i + 2] === 0x0f && bytes[i + 3] === 0xa1);
}

Deno.test("socket: a name that is granted appears in the connection's row; a closed one leaves (B2)", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  await using page = Page.open(stage.server.console, await tokenOf(stage, "viewer"));
  await page.hear("hello", ({ op }) => op === "hello");
  page.say({ sub: "connections", window: [0, 100] });
  page.say({ sub: "overview" });
  const { data } = await page.topic("connections", "snapshot");
  const [{ key, row }] = data.rows;
  assert.deepEqual([key, row.pairs, row.delegatedCount], [row.id, 1, 1]);
  await granted(o, "sender.example", "other-target.example");
  o.send(request("other-sender.example", "target.example"));
  await page.hear(
    "the second name",
    ({ op, topic, data }) =>
      topic === "connections" && op === "patch" && data.changed[0]?.row.delegated.length === 2,
  );
  const overview = await page.hear(
    "an overview with three pairs",
    ({ topic, data }) => topic === "overview" && data.totals.routeStates.authorised === 3,
  );
  assert.equal(overview.data.totals.connections, 1);
  await stage.server.api(`/connections/${row.id}/close`, "POST", {});
  await page.hear("it is gone", ({ op, data }) => op === "patch" && data.gone?.includes(row.id));
});
