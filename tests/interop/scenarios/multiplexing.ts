/** How many connections the pairs of two providers share. */
import assert from "node:assert/strict";
import { connectionsOf } from "../findings.ts";
import { featuresAfterTls } from "../probe.ts";
import type { Cannot, Scenario, Scene } from "../scenario.ts";
import { say } from "../talk.ts";
import { talk } from "./proofs.ts";

const PAIRS = 3;

/** Every pair says something, in turn, first in the scene's direction. The result is how many connections there are. */
async function connectionsForPairs(scene: Scene): Promise<number> {
  const us = await Promise.all(scene.ours.map((_, n) => scene.us(n)));
  const them = await Promise.all(scene.theirs.map((_, m) => scene.them(m)));
  for (const one of us) {
    for (const other of them) await (scene.direction === "out" ? say(one, other) : say(other, one));
  }
  return (await connectionsOf(scene)).filter(({ direction }) => direction === scene.direction).length;
}

const shared = async (scene: Scene): Promise<string> => {
  assert.equal(await connectionsForPairs(scene), 1);
  return `${PAIRS} pairs on 1 connection`;
};

/** It opens a stream per pair; what we see is that, and that all work. */
const ONE_EACH: Cannot = {
  why: "opens a connection for each pair of domains",
  async shows(scene) {
    const connections = await connectionsForPairs(scene);
    assert.equal(connections, PAIRS);
    return `${PAIRS} pairs, ${connections} connections`;
  },
};

/** Target multiplexing needs `<errors/>`: without it an unhosted target could cost the stream. */
const NO_ERRORS: Cannot = {
  why: "does not advertise dialback `<errors/>`, so each of its domains gets a connection",
  async shows(scene) {
    assert.equal(await connectionsForPairs(scene), PAIRS);
    const features = await featuresAfterTls(scene);
    assert.doesNotMatch(features, /<errors/);
    return /<dialback[^>]*>/.exec(features)?.[0] ?? "no dialback feature";
  },
};

const NO_BIDI: Cannot = {
  why: "no bidirectional streams",
  async shows(scene) {
    await talk(scene);
    const connections = await connectionsOf(scene);
    assert.ok(connections.length >= 2 && connections.every(({ bidi }) => !bidi), JSON.stringify(connections));
    assert.doesNotMatch(await featuresAfterTls(scene), /bidi/);
    return "features without <bidi xmlns='urn:xmpp:features:bidi'/>";
  },
};

export const MULTIPLEXING: readonly Scenario[] = [
  {
    key: "bidi",
    name: "bidi",
    async act(scene) {
      await talk(scene);
      const connections = await connectionsOf(scene);
      assert.deepEqual(
        connections.map(({ bidi, direction }) => ({ bidi, direction })),
        [{ bidi: true, direction: scene.direction }],
      );
      return "both ways on 1 connection";
    },
    cannot: { ejabberd: NO_BIDI, jabberd2: NO_BIDI },
  },
  {
    key: "senders",
    name: "three domains of ours, one of theirs",
    ours: PAIRS,
    act: shared,
    cannot: { prosody: { in: ONE_EACH }, ejabberd: { in: ONE_EACH } },
  },
  {
    key: "targets",
    name: "one domain of ours, three of theirs",
    theirs: PAIRS,
    shows: "provider",
    act: shared,
    cannot: {
      prosody: { out: NO_ERRORS, in: ONE_EACH },
      ejabberd: { in: ONE_EACH },
      jabberd2: { out: NO_ERRORS },
    },
  },
];
