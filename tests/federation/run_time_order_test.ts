/** What an operator sets while stanzas flow costs no other pair a stanza, its place, or the connection: docs/decisions/0180. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { request } from "../peer/stream.ts";
import type { Element } from "../peer/xml.ts";
import { arrival, grant, message } from "./acts.ts";

const [TARGET, OTHER, SENDER] = ["target.example", "other-target.example", "sender.example"];
const ROUNDS = 12;
const PER_ROUND = 40;

type Act = [method: string, path: string, body?: unknown];

/** One after the other while the stanzas flow; the last word on the other pair's domain is that it is suspended. */
const ACTS: readonly Act[] = [
  ["PUT", "/policy/other-sender.example", { proof: "encrypted" }],
  ["PUT", "/domains/new.example", { component_secret: "s", policy: "strict" }],
  ["PUT", "/policy/other-sender.example", { proof: "strict" }],
  ["POST", `/routes/${TARGET}/other-sender.example/recheck`, {}],
  ["POST", "/domains/new.example/suspend", {}],
  ["DELETE", "/policy/other-sender.example"],
  ["POST", `/routes/${OTHER}/${SENDER}/revoke`, { block: "1h" }],
  ["DELETE", "/domains/new.example"],
  ["POST", `/routes/${OTHER}/${SENDER}/lift`, {}],
  ["POST", "/reload", {}],
  ["POST", `/domains/${OTHER}/suspend`, {}],
];

/** Acts on the server, one a round, while `send` gives each round its stanzas. */
async function meanwhile(stage: Stage, send: (round: number) => void): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    send(round);
    const act = ACTS[round];
    if (act !== undefined) await acted(stage, act);
  }
}

/** The pair that a re-check names is there in one of the two tests alone. */
async function acted(stage: Stage, [method, path, body]: Act): Promise<void> {
  await stage.server.api(path, method, body).catch((error: Error) => {
    if (!path.endsWith("/recheck") || !error.message.includes("api.no-pair")) throw error;
  });
}

const numbers = (round: number): string[] =>
  Array.from({ length: PER_ROUND }, (_, n) => `n${round * PER_ROUND + n}`);
const ALL = Array.from({ length: ROUNDS }, (_, round) => numbers(round)).flat();

/** Ids of the messages that come, in their order, and whatever else comes between them. */
async function heard(stream: Conversation, uri: string): Promise<{ ids: string[]; others: Element[] }> {
  const [ids, others] = [[] as string[], [] as Element[]];
  while (ids.length < ALL.length) {
    const element = await stream.anyElement(`message ${ids.length} of ${ALL.length}`);
    if (element.uri === uri && element.name === "message") ids.push(element.attributes.id!);
    else others.push(element);
  }
  return { ids, others };
}

Deno.test("run time: stanzas of a pair come in, all and in order, on their connection, while other pairs' policies and domains change", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using _other = await stage.component(OTHER);
  const o = await stage.initiateWith();
  o.send(request("other-sender.example", TARGET));
  await o.verdict("other-sender.example", TARGET, "valid");
  o.send(request(SENDER, OTHER));
  await o.verdict(SENDER, OTHER, "valid");
  const [{ id }] = await stage.server.connections();
  const [{ ids, others }] = await Promise.all([
    heard(juliet.stream, NS.component),
    meanwhile(stage, (round) => {
      for (const n of numbers(round)) o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, n));
    }),
  ]);
  assert.deepEqual(ids, ALL);
  assert.deepEqual(others, []);
  assert.deepEqual((await stage.server.connections()).map((row) => row.id), [id]);
  const pair = await stage.server.route(TARGET, SENDER);
  assert.deepEqual([pair.state, pair.recv], ["authorised", [id]]);
  // The other pair did notice: it is revoked on the same stream, which stays.
  await o.verdict(SENDER, OTHER, "invalid");
  o.send(request(SENDER, OTHER));
  await o.denial(SENDER, OTHER, "cancel", "not-allowed");
});

Deno.test("run time: stanzas of a pair go out, all and in order, on their connection, while other pairs' policies and domains change", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using other = await stage.component(OTHER);
  juliet.say("juliet", `romeo@${SENDER}`, "first");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "first" });
  other.say("nurse", `romeo@${SENDER}`, "other");
  await grant(r, OTHER, SENDER);
  await r.message({ id: "other" });
  const [{ id }] = await stage.server.connections();
  const [{ ids, others }] = await Promise.all([
    heard(r, NS.server),
    meanwhile(stage, (round) => {
      for (const n of numbers(round)) juliet.say("juliet", `romeo@${SENDER}`, n);
    }),
  ]);
  assert.deepEqual(ids, ALL);
  assert.deepEqual(others, []);
  assert.deepEqual((await stage.server.connections()).map((row) => row.id), [id]);
  const pair = await stage.server.route(TARGET, SENDER);
  assert.deepEqual([pair.state, pair.send], ["authorised", [id]]);
  other.say("nurse", `romeo@${SENDER}`, "late");
  const error = await other.message({ id: "late", type: "error" });
  assert.match(error.raw, /<not-allowed /);
});
