/** A sample of the matrix over real sockets, TLS and DNS. The seed is printed; VERONA_MATRIX_SEED chooses another. */
import assert from "node:assert/strict";
import type { Json, VeronaServer } from "../harness/verona.ts";
import { CLOSING } from "../peer/stream.ts";
import { entertain } from "./initiator_play.ts";
import { differences, type Observed } from "./observed.ts";
import type { Direction } from "./oracle.ts";
import { type Answer, answerVerify, assertDomain, stanzaId } from "./receiver_play.ts";
import { sample } from "./sample.ts";
import { type Place, Scene } from "./scene.ts";

const SEED = Number(Deno.env.get("VERONA_MATRIX_SEED") ?? 20_261_126);
/** Of each direction; the sample says when they are too few to cover everything. */
const CELLS = Number(Deno.env.get("VERONA_MATRIX_CELLS") ?? 130);
/** Cells under way at a time. */
const TOGETHER = 16;

function chosen(direction: Direction) {
  console.log(`${CELLS} cells as ${direction}, VERONA_MATRIX_SEED=${SEED}`);
  return sample(direction, CELLS, SEED);
}

Deno.test("matrix over the wire, receiver: every verdict, every question asked, every stanza as the oracle says", async () => {
  await using scene = await Scene.open(chosen("receiver"), answerVerify, "60s");
  const answers = new Map<Place, Answer>();
  await scene.all(TOGETHER, async (place) => {
    const answer = await assertDomain(scene.stage, place.role);
    answers.set(place, answer);
    if (answer.result === "granted") await scene.mailbox.letter(stanzaId(place.role));
    answer.o.send(CLOSING);
    await answer.o.farewell();
  });
  await scene.over();
  const proofs = prooftypes(scene.stage.server, "pair.granted");
  agree(scene, (place) => ({
    result: "no verdict",
    ...answers.get(place),
    prooftype: proofs.get(place.role.domain),
    delivered: scene.mailbox.arrived.has(stanzaId(place.role)),
  }));
  for (const { o } of answers.values()) await o[Symbol.asyncDispose]();
});

Deno.test("matrix over the wire, initiator: every endpoint, every request, every stanza as the oracle says", async () => {
  await using scene = await Scene.open(chosen("initiator"), entertain, "8s");
  await scene.all(2 * TOGETHER, async ({ role, arrival }) => {
    scene.mailbox.component.say("juliet", `romeo@${role.domain}`, stanzaId(role));
    await Promise.race([arrival.promise, scene.mailbox.letter(stanzaId(role))]);
  });
  await scene.over();
  const proofs = prooftypes(scene.stage.server, "pair.authorised", "pair.denied");
  agree(scene, ({ role: { domain }, guests }) => ({
    result: guests.some(({ requests }) => requests.length > 0) ? "accepted" : "refused",
    prooftype: proofs.get(domain),
    delivered: guests.some(({ stanzas }) => stanzas.length > 0),
  }));
});

/** 100 %: whatever differs is listed, cell by cell. */
function agree(scene: Scene, observe: (place: Place) => Observed): void {
  const { places } = scene;
  const disagreements = places.flatMap((place) => differences(place, observe(place)));
  console.log(`${places.length - disagreements.length} of ${places.length} cells agree`);
  assert.deepEqual(disagreements, [], `\n${disagreements.join("\n")}`);
}

/** By which prooftype the log says that a peer was believed, by its domain. */
function prooftypes({ log }: VeronaServer, ...events: string[]): Map<string, string> {
  const lines: Json[] = log.map(({ json }) => json).filter((json) => events.includes(json?.event));
  return new Map(lines.flatMap(({ remote, prooftype }) => prooftype ? [[remote, prooftype]] : []));
}
