/** The log: the keys of every line, the sentence for the eye, and nothing of a peer's that could move a cursor. console.md 4.3. */
import assert from "node:assert/strict";
import { ABOUT } from "../../facts/about.ts";
import { EVENTS, type RecordedEvent } from "../../facts/event.ts";
import { logLevels } from "../../cli/commands/common.ts";
import { CommandFault } from "../../cli/fault.ts";
import { cut } from "../../observe/cut.ts";
import { fields, pretty } from "../../observe/log.ts";
import { logfmt } from "../../observe/logfmt.ts";
import { sentence } from "../../observe/sentences.ts";
import { assertLine } from "../harness/log_keys.ts";
import { granted, Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import "../harness/surroundings.ts";

const HOSTILE = "a\u001b[2Jb\u009b31m\u202ec\u2028d\r\ne\u0007";

function recorded(event: Omit<RecordedEvent, "seq" | "at">): RecordedEvent {
  return { seq: 1, at: "2026-11-26T12:00:00.000Z", ...event };
}

const eye = (event: Omit<RecordedEvent, "seq" | "at">) =>
  pretty(fields(recorded(event), event.level ?? "info", `verona.${event.type.split(".")[0]}`));

Deno.test("log: every event has its row of keys, and every line of a federation with failures has them all", async () => {
  assert.deepEqual(Object.keys(ABOUT).sort(), Object.keys(EVENTS).sort());
  await using stage = await Stage.open();
  const { server } = stage;
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  await granted(o, "other-sender.example", "target.example");
  for (const sender of ["bogus.example", "unsigned.example", "nowhere.example", "refused.example"]) {
    o.send(request(sender, "target.example"));
    await server.told({ event: "verdict.sent", remote: sender, verdict: "error" });
  }
  o.send(request("sender.example", "not-hosted.example"));
  juliet.say("juliet", "romeo@bogus.example", "m1");
  await server.told({ event: "stanza.bounced", remote: "bogus.example", cause: "dns.bogus" });
  juliet.say("juliet", "romeo@nowhere.example", "m2");
  await server.told({ event: "stanza.bounced", remote: "nowhere.example", cause: "dns.nxdomain" });
  await server.api("/routes/target.example/sender.example/revoke", "POST", {});
  await server.told({ event: "pair.revoked", remote: "sender.example" });
  o.send(
    `<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>` +
      `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>\u202ereversed\u2028\u009b2J</text></stream:error>`,
  );
  const said = await server.told({ event: "stream.error", connection: "c-1" });
  assert.equal(said.text, "\u202ereversed\u2028\u009b2J", "as it was said: escaped, not lost");
  await server.told({ event: "connection.closed", connection: "c-1" });
  const lines = server.log.filter(({ json }) => json?.logger !== undefined);
  for (const { text, json } of lines) assertLine(text, json);
  const causes = new Set(lines.flatMap(({ json }) => json.cause ?? []));
  for (const cause of ["dns.bogus", "dns.nxdomain", "policy.revoked", "stream.not-authorized"]) {
    assert.ok(causes.has(cause), `${cause} was not walked: ${[...causes]}`);
  }
  const of = (event: string) => lines.filter(({ json }) => json.event === event);
  for (
    const event of ["delegation.resolved", "route.state", "stanza.bounced", "pair.denied", "verdict.sent"]
  ) {
    assert.ok(of(event).length > 0, event);
    for (const { text, json } of of(event)) assert.equal(json.pair, `${json.local} ${json.remote}`, text);
  }
});

Deno.test("log: the rule of keys catches a line without its cause, its pair, or with a raw control character", () => {
  const line = fields(
    recorded({ type: "pair.denied", level: "warning", connection: "c-1", cause: "dns.bogus", pair: PAIR }),
    "warning",
    "verona.pair",
  );
  const check = (one: Record<string, unknown>) => assertLine(JSON.stringify(one), one);
  check(line);
  for (const key of ["cause", "pair", "connection", "message", "ts"]) {
    const { [key]: _, ...without } = line;
    assert.throws(() => check(without), `without ${key}`);
  }
  assert.throws(() => assertLine("\u001b[2J", line));
  assert.throws(() => check({ ...line, fault: "us" }));
  const { cause: _cause, fault: _fault, ...open } = line;
  assert.throws(() =>
    check({ ...open, event: "route.state", logger: "verona.route", level: "info", state: "backoff" })
  );
});

const PAIR = { local: "target.example", remote: "sender.example" };

const SENTENCES: readonly [what: string, event: Omit<RecordedEvent, "seq" | "at">, said: RegExp][] = [
  [
    "our certificate that ends",
    {
      type: "certificate.expiring",
      level: "warning",
      detail: {
        whose: "ours",
        days: 30,
        names: ["xmpp1.a.example"],
        subject: "CN=a",
        notAfter: "2026-12-26T00:00:00.000Z",
      },
    },
    /^12:00:00\.000 warning our certificate for xmpp1\.a\.example ends in 30 days, on 2026-12-26: renew it/,
  ],
  [
    "ours that has ended",
    {
      type: "certificate.expiring",
      detail: {
        whose: "ours",
        days: 1,
        names: ["a.example"],
        subject: null,
        notAfter: "2026-11-25T00:00:00.000Z",
      },
    },
    /our certificate for a\.example has ended, on 2026-11-25: renew it/,
  ],
  [
    "a peer's that ends",
    {
      type: "certificate.expiring",
      connection: "c-7",
      detail: {
        whose: "peer",
        days: 1,
        names: [],
        subject: "CN=b.example",
        notAfter: "2026-11-27T00:00:00.000Z",
      },
    },
    /a peer's certificate for CN=b\.example ends in 1 day, on 2026-11-27: tell its operator on c-7/,
  ],
  [
    "a grant",
    {
      type: "pair.granted",
      connection: "c-1",
      pair: PAIR,
      detail: { prooftype: "dna-srv", expires: "2026-11-27T12:00:00.000Z" },
    },
    /info {4}sender\.example -> target\.example granted by dna-srv until 2026-11-27T12:00:00\.000Z on c-1/,
  ],
  [
    "a denial, with its cause and whose fault it is",
    {
      type: "pair.denied",
      level: "warning",
      cause: "dns.bogus",
      connection: "c-1",
      pair: PAIR,
      detail: { direction: "in" },
    },
    /sender\.example -> target\.example denied on c-1: the domain's DNSSEC signatures do not verify {2}direction=in cause=dns\.bogus fault=dns$/,
  ],
  [
    "a lookup, without its chains",
    {
      type: "delegation.resolved",
      pair: PAIR,
      detail: {
        domain: "sender.example",
        service: "offered",
        security: "secure",
        targets: [{ host: "xmpp1.b.example", port: 5269 }],
        lookups: [{ chain: [{ zone: "." }] }],
        elapsedMs: 7,
      },
    },
    /DNS says who acts for sender\.example: xmpp1\.b\.example:5269, secure {2}elapsed_ms=7 domain=sender\.example service=offered security=secure$/,
  ],
];

for (const [what, event, said] of SENTENCES) {
  Deno.test(`log: for the eye: ${what}`, () => {
    assert.match(eye(event), said);
  });
}

Deno.test("log: every event has a sentence, whatever is missing in it", () => {
  for (const type of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
    for (const text of [eye({ type }), eye({ type, pair: PAIR, connection: "c-1", cause: "dns.bogus" })]) {
      assert.match(text, /^12:00:00\.000 info {4}\S/);
      assert.doesNotMatch(text, /undefined|null|\[object/, type);
    }
  }
});

Deno.test("log: of a delegation with very many targets the sentence says how many more there are", () => {
  const targets = Array.from({ length: 60 }, (_, n) => ({ host: `x${n}.example`, port: 5269 }));
  const { detail } = cut({ domain: "many.example", service: "offered", security: "secure", targets });
  const event = { type: "delegation.resolved", seq: 1, at: "", detail } as unknown as RecordedEvent;
  assert.match(sentence(event), /x49\.example:5269, … 10 more, secure$/);
});

Deno.test("log: a peer's words cannot move the cursor, break a line or turn it around, in either form", () => {
  const event = recorded({
    type: "stream.error",
    level: "warning",
    cause: "stream.error",
    connection: "c-1",
    detail: { condition: HOSTILE, text: HOSTILE, by: "peer" },
  });
  const line = pretty(fields(event, "warning", "verona.stream"));
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
  assert.match(line, /condition=a\?\[2Jb\?31m\?c\?d\?\?e\?/);
});

Deno.test("log: as logfmt every key of the line is there, whatever a peer said, and nothing else is", () => {
  const line = fields(
    recorded({
      type: "stream.error",
      level: "warning",
      cause: "stream.error",
      connection: "c-1",
      pair: PAIR,
      detail: { by: "peer", text: `${HOSTILE} " = \\ x=y`, empty: "", n: 7, none: null, list: ["a b", 1] },
    }),
    "warning",
    "verona.stream",
  );
  const text = logfmt(line);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
  const words = [...text.matchAll(/(?:^| )(\w+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)(?= |$)/g)];
  assert.equal(words.map(([word]) => word).join(""), text, "all of it is key=value");
  const read = Object.fromEntries(
    words.map(([, key, value]) => [key!, value!.startsWith('"') ? JSON.parse(value!) : value]),
  );
  const wanted = Object.entries(line).filter(([, value]) => value !== null)
    .map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  assert.deepEqual(read, Object.fromEntries(wanted));
});

Deno.test("run: --log-level is one for all, or by area; anything else is said", () => {
  assert.deepEqual(logLevels("debug"), { lowest: "debug", areas: {} });
  assert.deepEqual(logLevels("warning,route=debug,dns=info"), {
    lowest: "warning",
    areas: { route: "debug", dns: "info" },
  });
  for (const wrong of ["loud", "route=loud", "rout=debug", "", "info,"]) {
    assert.throws(() => logLevels(wrong), CommandFault, wrong);
  }
});

Deno.test("run: --log-format logfmt writes lines of it", async () => {
  const log = new URL("../../observe/log.ts", import.meta.url);
  const code = `const { logEvent, startLog } = await import(${JSON.stringify(log)});
    startLog("logfmt");
    logEvent({ type: "pair.granted", seq: 1, at: "2026-01-01T00:00:00.000Z", connection: "c-1" });`;
  const { stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assert.match(
    new TextDecoder().decode(stderr),
    /^ts=2026-01-01T00:00:00.000Z level=info logger=verona.pair event=pair.granted message="[^"]*" connection=c-1\n$/,
  );
});

Deno.test("run: areas are logged by their own level", async () => {
  const log = new URL("../../observe/log.ts", import.meta.url);
  const code = `const { logEvent, startLog } = await import(${JSON.stringify(log)});
    startLog("json", { lowest: "warning", areas: { stream: "debug" } });
    const at = "2026-01-01T00:00:00.000Z";
    for (const [seq, type, level] of [[1, "stream.opened", "debug"], [2, "route.state", "info"], [3, "pair.denied", "warning"]]) {
      logEvent({ type, seq, at, level });
    }`;
  const { stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  const events = new TextDecoder().decode(stderr).trimEnd().split("\n").map((line) => JSON.parse(line).event);
  assert.deepEqual(events, ["stream.opened", "pair.denied"]);
});
