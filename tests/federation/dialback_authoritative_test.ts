/** The server under test as authoritative server: others ask it whether a key is its own (protocol.md 7.5). */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import { DIALBACK_SECRET, Stage, type StageOptions } from "../harness/stage.ts";
import { RECEIVING } from "../harness/world.ts";
import { type Conversation, errorOf } from "../peer/conversation.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import { NS } from "../peer/names.ts";
import { open, secure, verify } from "../peer/stream.ts";
import { child, type Element } from "../peer/xml.ts";
import { initiateBidi, message } from "./acts.ts";

/** The receiving domain that asks; nothing has to be known of it. */
const ASKER = "asker.example";

/** Trace T9, seen from A: TLS with a certificate that proves nothing, and the question at once. */
async function asking(stage: Stage): Promise<Conversation> {
  const o = await stage.dial("R");
  const header = { from: ASKER, to: "target.example" };
  await open(o, header);
  await secure(o, { identity: await selfSigned({ names: [ASKER] }), serverName: RECEIVING });
  await open(o, header);
  return o;
}

const keyFor = (id: string, originating = "target.example", receiving = ASKER): string =>
  dialbackKey({ secret: DIALBACK_SECRET, receiving, originating, streamId: id });

/** The answer to the question `id`, with its addresses swapped. */
const answer = (o: Conversation, id: string, type: string, domain = "target.example"): Promise<Element> =>
  o.element(NS.db, "verify", { from: domain, to: ASKER, id, type });

Deno.test("DB-9 DB-10, cause dialback.not-ours: good, wrong and foreign keys are told apart, without authentication", async () => {
  await using stage = await Stage.open();
  const o = await asking(stage);
  o.send(verify(ASKER, "target.example", "a1", keyFor("a1")));
  await answer(o, "a1", "valid");

  const wrong: Record<string, string> = {
    changed: keyFor("a2").replace(/^./, (first) => first === "0" ? "1" : "0"),
    empty: "",
    "of another id": keyFor("a1"),
    "of another receiver": keyFor("a2", "target.example", "other.example"),
    "of another domain of the server": keyFor("a2", "other-target.example"),
    "in capitals": keyFor("a2").toUpperCase(),
  };
  for (const [what, key] of Object.entries(wrong)) {
    o.send(verify(ASKER, "target.example", "a2", key));
    await answer(o, "a2", "invalid").catch((error) => assert.fail(`${what}: ${error}`));
  }
  await stage.server.told({ event: "verify.answered", cause: "dialback.not-ours", local: "target.example" });

  o.send(verify(ASKER, "nowhere.example", "a3", keyFor("a3", "nowhere.example")));
  const foreign = await answer(o, "a3", "error", "nowhere.example");
  assert.deepEqual(errorOf(foreign), { type: "cancel", condition: "item-not-found" });

  o.send(verify(ASKER, "other-target.example", "a4", keyFor("a4", "other-target.example")));
  await answer(o, "a4", "valid", "other-target.example");
});

Deno.test("DB-9: a question proves nothing and opens nothing", async () => {
  await using stage = await Stage.open();
  const o = await asking(stage);
  o.send(verify(ASKER, "target.example", "a1", keyFor("a1")));
  await answer(o, "a1", "valid");
  o.send(message(`romeo@${ASKER}`, "juliet@target.example", "m1"));
  await o.streamError("not-authorized");
});

Deno.test("DB-12: whitespace around the key is trimmed", async () => {
  await using stage = await Stage.open();
  const o = await asking(stage);
  o.send(verify(ASKER, "target.example", "a1", `\n   ${keyFor("a1")}\t\n`));
  await answer(o, "a1", "valid");
});

Deno.test("DB-9: the key counts as spelt in the attributes, the answer repeats the spelling (A-38)", async () => {
  await using stage = await Stage.open();
  const o = await asking(stage);
  const spelt: [from: string, to: string, key: string][] = [
    ["Asker.Example", "Target.Example", keyFor("a1", "Target.Example", "Asker.Example")],
    ["Asker.Example", "target.example.", keyFor("a1")], // as we made it: canonical
  ];
  for (const [from, to, key] of spelt) {
    o.send(verify(from, to, "a1", key));
    await o.element(NS.db, "verify", { from: to, to: from, id: "a1", type: "valid" });
  }
});

Deno.test("DB-9: without a configured secret the server makes one of 256 bits, for its own eyes, and keeps it", async () => {
  await using stage = await Stage.open({ settings: { server: { dialback_secret_file: "" } } });
  const path = `${stage.directory}/data/dialback.secret`;
  const secret = (await Deno.readTextFile(path)).trim();
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  const o = await asking(stage);
  const key = dialbackKey({ secret, receiving: ASKER, originating: "target.example", streamId: "a1" });
  o.send(verify(ASKER, "target.example", "a1", key));
  await answer(o, "a1", "valid");
  assert.ok(!stage.server.log.some(({ text }) => text.includes(secret)), "the secret is in the log");
});

/** What is no proper question ends the stream. */
const IMPROPER: Record<string, string> = {
  "from": `<db:verify to='target.example' id='a1'>k</db:verify>`,
  "to": `<db:verify from='${ASKER}' id='a1'>k</db:verify>`,
  "id": `<db:verify from='${ASKER}' to='target.example'>k</db:verify>`,
};
for (const [missing, element] of Object.entries(IMPROPER)) {
  Deno.test(`DB-9: a question without ${missing} is improper-addressing`, async () => {
    await using stage = await Stage.open();
    const o = await asking(stage);
    o.send(element);
    await o.streamError("improper-addressing");
  });
}

Deno.test("DB-9: a question before TLS is a policy-violation", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial("R");
  await open(o, { from: ASKER, to: "target.example" });
  o.send(verify(ASKER, "target.example", "a1", keyFor("a1")));
  await o.streamError("policy-violation");
});

Deno.test("DB-8: an answer that nobody asked for is ignored and logged", async () => {
  await using stage = await Stage.open();
  const o = await asking(stage);
  o.send(`<db:verify from='${ASKER}' to='target.example' id='a1' type='valid'/>`);
  o.send(verify(ASKER, "target.example", "a2", keyFor("a2")));
  await answer(o, "a2", "valid");
  await stage.server.told({ event: "verify.ignored", cause: "peer.unsolicited", kind: "answer" });
});

Deno.test("DB-9: questions are answered between stanzas, on a server-name stream too", async () => {
  await using stage = await Stage.open();
  const o = await initiateBidi(stage);
  o.send(verify(ASKER, "target.example", "a1", keyFor("a1")));
  await answer(o, "a1", "valid");
});

Deno.test("DB-14: the feature has <errors/>", async () => {
  await using stage = await Stage.open();
  const { opened } = await stage.initiate();
  const dialback = child(opened.features, NS.dialbackFeature, "dialback");
  assert.ok(dialback && child(dialback, NS.dialbackFeature, "errors"), opened.features.raw);
});

const slow: StageOptions = { settings: { limits: { verify_answers_per_second: 5 } } };

Deno.test("DB-9: more questions than the limit are answered later, all of them rightly", async () => {
  await using stage = await Stage.open(slow);
  const o = await asking(stage);
  const ids = Array.from({ length: 12 }, (_, n) => `a${n}`);
  const started = performance.now();
  o.send(ids.map((id, n) => verify(ASKER, "target.example", id, n % 2 ? "wrong" : keyFor(id))).join(""));
  for (const [n, id] of ids.entries()) await answer(o, id, n % 2 ? "invalid" : "valid");
  const elapsed = performance.now() - started;
  // Five at once, then one each 200 ms: the last is due after 1.4 s.
  assert.ok(elapsed >= 1300, `12 answers within ${elapsed} ms at 5 per second`);
});

const QUESTIONS = 5;

Deno.test("DB-9: answers that wait for their turn do not hold up the rest of the connection", async () => {
  await using stage = await Stage.open({ settings: { limits: { verify_answers_per_second: 1 } } });
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(
    Array.from({ length: QUESTIONS }, (_, n) => verify(ASKER, "target.example", `a${n}`, keyFor(`a${n}`)))
      .join(""),
  );
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  assert.ok(o.waiting.length < QUESTIONS, "the answers came before their turn");
  for (let n = 0; n < QUESTIONS; n++) await answer(o, `a${n}`, "valid");
});
