/** `verona check --both-ways` against real servers: whether they find their own way to us. console.md 3.5. */
import assert from "node:assert/strict";
import type { CheckReport } from "../../observe/contract.ts";
import { reasonToSkip } from "./packages.ts";
import { EJABBERD } from "./peers/ejabberd.ts";
import { PROSODY } from "./peers/prosody.ts";
import { Rig } from "./rig.ts";
import type { Scenario } from "./scenario.ts";

const reason = await reasonToSkip();

/** Each side's certificate names its domain; nothing was said between them before. */
const SCENARIO: Scenario = {
  key: "both-ways",
  name: "a ping that has to come back by itself",
  directions: ["out"],
  server: "encrypted",
  async act({ verona, ours: [ours], theirs: [theirs] }) {
    const { code, stdout, stderr } = await verona.command(
      ...["check", theirs!, "--from", ours!, "--both-ways", "--json"],
    );
    assert.notEqual(stdout, "", stderr);
    const report: CheckReport = JSON.parse(stdout);
    const back = report.stages.find(({ id }) => id === "pair.both-ways")!;
    assert.deepEqual([code, report.verdict, back.verdict], [0, "open", "ok"], stdout);
    assert.equal((back.evidence as { openedBy: string }).openedBy, "it");
    const offered = report.stages.find(({ id }) => id === "dialback.offered")!;
    assert.equal(offered.verdict, "ok");
    await verona.told({ event: "pair.granted", local: ours, remote: theirs });
    return "works";
  },
};

for (const kind of [PROSODY, EJABBERD]) {
  Deno.test({
    name: `${kind.title}: check --both-ways sees it come back over a connection that it opened${
      reason === null ? "" : ` (${reason})`
    }`,
    ignore: reason !== null,
    fn: async () => {
      await using rig = await Rig.open(kind, [SCENARIO]);
      await using stack = new AsyncDisposableStack();
      await SCENARIO.act(await rig.scene(SCENARIO, "out", stack));
    },
  });
}
