/** `verona explain` as an operator reads it: words for keys, and the evidence of what TCP did. console.md 3.5. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { ORIGINATING } from "../harness/world.ts";
import { verona } from "./verona.ts";

/** Keys as the API has them: a capital in the middle. */
const INTERNAL = /\b[a-z]+[A-Z]\w*:/;

Deno.test("explain: a machine that refuses TCP is named with address, port and what it did", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.customer("silent.example", [{ target: ORIGINATING, port: 1 }]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@silent.example", "m1");
  await stage.server.told({ event: "route.state", remote: "silent.example", cause: "tcp.refused" });
  const words = ["explain", "target.example", "silent.example"];
  const { code, stdout, stderr } = await verona(words, { cwd: stage.directory });
  assert.equal(code, 4, stderr);
  const tried = `${stage.world.peerIp} port 1 (${ORIGINATING}): tcp.refused after `;
  assert.match(stdout, /FAIL {5}Is there a proven connection\?/);
  assert.ok(stdout.includes(`tried: ${tried}`), stdout);
  assert.ok(stdout.includes(`servers: ${ORIGINATING}:1`), stdout);
  assert.match(stdout, /Why: +the peer's server refused the connection \(tcp\.refused\)/);
  assert.match(stdout, /More: +verona help tcp\.refused/);
  assert.doesNotMatch(stdout, INTERNAL);
  const { stages } = JSON.parse((await verona([...words, "--json"], { cwd: stage.directory })).stdout);
  const { verdict, evidence } = stages.find(({ id }: { id: string }) => id === "connection");
  assert.equal(verdict, "fail");
  assert.equal(evidence.tried.length, 1);
  assert.ok(evidence.tried[0].startsWith(tried));
});

Deno.test("explain: an open pair is said in words, without internal keys", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const { stdout } = await verona(["explain", "target.example", "sender.example"], { cwd: stage.directory });
  assert.match(stdout, /policy: authenticated\n[^]*names in its certificate: xmpp1\.originating\.example\n/);
  assert.doesNotMatch(stdout, INTERNAL);
});
