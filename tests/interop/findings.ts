/** What a scene showed: read from both sides' logs, for checks and for the table. */
import assert from "node:assert/strict";
import type { Json } from "../harness/verona.ts";
import type { Way } from "./peers/peer.ts";
import type { Scene } from "./scenario.ts";

/** The prooftype by which our n-th domain took its m-th: as target of ours (`out`) or as sender (`in`). */
export async function prooftype(scene: Scene, n = 0, m = 0): Promise<string> {
  const event = scene.direction === "out" ? "pair.authorised" : "pair.granted";
  const pair = { local: scene.ours[n], remote: scene.theirs[m] };
  return (await scene.verona.told({ event, ...pair }, scene.since)).prooftype;
}

/** The scene's pair was proven so: the peer by one of `proofs`, the side that came by `way`. */
export async function proven(scene: Scene, proofs: readonly string[], way?: Way): Promise<string> {
  const proof = await prooftype(scene);
  assert.ok(proofs.includes(proof), `${proof} is none of ${proofs}`);
  if (way === undefined) return proof;
  const { accepted, authenticated } = scene.peer.kind.words;
  const word = scene.direction === "out" ? accepted : authenticated;
  await scene.peer.logged(word(scene.theirs[0]!, scene.ours[0]!, way));
  return `${proof}, ${way}`;
}

/** Federation connections of this scene's pairs that are open now. */
export async function connectionsOf({ verona, ours, theirs }: Scene): Promise<Json[]> {
  const routes = (await verona.routes())
    .filter(({ local, remote }) => ours.includes(local) && theirs.includes(remote));
  const ids = new Set(routes.flatMap(({ send, recv }) => [...send, ...recv]));
  return (await verona.connections()).filter(({ id }) => ids.has(id));
}
