/** The heat map of a living server: every machine of docs/machines, each actor in the state that the protocol has brought it to. console.md 2.2. */
import assert from "node:assert/strict";
import { MACHINES } from "../../console/machines.ts";
import type { ActorState } from "../../observe/contract.ts";
import { selfSigned } from "../harness/certificates.ts";
import { Stage } from "../harness/stage.ts";
import { CLOSING, openSecured, request, verdict } from "../peer/stream.ts";
import { arrival, calledBack, reply } from "./acts.ts";

const [SENDER, OTHER, TARGET] = ["sender.example", "other-sender.example", "target.example"];
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";

/** Waits until the overview has these and no others; it is made once a second. */
async function counted(stage: Stage, wanted: Record<string, number>): Promise<void> {
  const text = (counts: Record<string, number>) => JSON.stringify(Object.entries(counts).sort());
  let last = "";
  await stage.server.eventually(`the population ${text(wanted)}`, async () => {
    const states: ActorState[] = (await stage.server.api("/overview")).actorStates;
    last = text(
      Object.fromEntries(states.map(({ machine, state, count }) => [`${machine} ${state}`, count])),
    );
    return last === text(wanted);
  }).catch((error) => assert.fail(`${error.message}\nlast: ${last}`));
}

Deno.test("population: each of the eight machines is counted where it is, and nobody is left when all is over", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" }, limits: { negative_pair: "1s" } },
  });
  assert.equal(Object.keys(MACHINES).length, 8);
  const juliet = await stage.component();
  await counted(stage, { "component_stream attached": 1 });

  // A request whose key we ask the sender's server about, on a connection of its own.
  const o = await stage.dial();
  await openSecured(o, { from: SENDER, to: TARGET }, {
    identity: await selfSigned({ names: ["nobody.example"] }),
    serverName: TARGET,
  });
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  await counted(stage, {
    "component_stream attached": 1,
    "inbound_stream negotiating.requesting": 1,
    "assertion_in proving": 1,
    "verification verifying.asking": 1,
    "outbound_stream established": 1,
  });
  a.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  await a.farewell();
  const underway = { "component_stream attached": 1, "inbound_stream established": 1 };

  // A stanza of ours, whose request the peer has not answered, then answers.
  juliet.say("juliet", `romeo@${OTHER}`, "m1");
  const { r } = await arrival(stage);
  await r.request(TARGET, OTHER);
  const asking = { ...underway, "proof alive.held": 2, "outbound_stream established": 1 };
  await counted(stage, { ...asking, "route attempting.requesting": 1, "assertion_out requested": 1 });
  r.send(verdict(TARGET, OTHER, "valid"));
  await r.message({ id: "m1" });
  await counted(stage, { ...asking, "route authorised": 1, "assertion_out authorised": 1 });

  for (const stream of [r, o]) {
    stream.send(CLOSING);
    await stream.farewell();
  }
  await juliet.detach();
  await counted(stage, { "route backoff.resting": 1 });
});
