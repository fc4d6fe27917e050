/** The lab itself: real peers talk to each other in it, so that what fails against us is not the lab's fault. */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import { Lab } from "./lab.ts";
import { reasonToSkip } from "./packages.ts";
import { EJABBERD } from "./peers/ejabberd.ts";
import { JABBERD2 } from "./peers/jabberd2.ts";
import { type Kind, Peer } from "./peers/peer.ts";
import { PROSODY } from "./peers/prosody.ts";
import { converse } from "./talk.ts";

const reason = await reasonToSkip();

/** A peer that serves `ca` with a certificate of the lab's CA, and `own` with a self-signed one. */
async function start(lab: Lab, kind: Kind): Promise<Peer> {
  const machine = `xmpp.${kind.name}.example`;
  lab.world.machine(machine, kind.octet);
  const [ca, self] = ["ca", "own"].map((label) => `${label}.${kind.name}.example`) as [string, string];
  for (const domain of [ca, self]) lab.world.customer(domain, [machine]);
  const own = { domain: self, target: machine, identity: await selfSigned({ names: [self] }), goodNames: [] };
  const identity = await lab.world.ca.issue({ names: [ca] });
  return await Peer.start(kind, lab, [{ domain: ca, target: machine, identity, goodNames: [ca] }, own]);
}

Deno.test({
  name: `real peers talk to each other in the lab, by EXTERNAL and by dialback${
    reason ? ` (${reason})` : ""
  }`,
  ignore: reason !== null,
  async fn(t) {
    await using lab = await Lab.open();
    await using stack = new AsyncDisposableStack();
    const peers = await Promise.all([PROSODY, EJABBERD, JABBERD2].map((kind) => start(lab, kind)));
    for (const peer of peers) stack.use(peer);
    const [prosody, ejabberd, jabberd2] = peers as [Peer, Peer, Peer];
    const meet = async (a: Peer, b: Peer, label: "ca" | "own") => {
      await using first = await a.user(`from-${b.kind.name}`, `${label}.${a.kind.name}.example`);
      await using second = await b.user(`from-${a.kind.name}`, `${label}.${b.kind.name}.example`);
      await converse(first, second);
    };
    const step = (name: string, fn: () => Promise<void>) =>
      t.step(name, async () => {
        try {
          await fn();
        } catch (error) {
          throw new Error(peers.map((peer) => peer.tail()).join("\n"), { cause: error });
        }
      });
    await step("Prosody and ejabberd by EXTERNAL", async () => {
      await meet(prosody, ejabberd, "ca");
      await prosody.logged(/Accepting SASL EXTERNAL identity from ca\.ejabberd\.example/);
      await ejabberd.logged(/Accepted inbound s2s EXTERNAL authentication ca\.prosody\.example/);
    });
    await step("Prosody and ejabberd by dialback", () => meet(prosody, ejabberd, "own"));
    await step("jabberd2 and Prosody by dialback", async () => {
      await meet(jabberd2, prosody, "ca");
      await jabberd2.logged(/incoming route 'ca\.jabberd2\.example\/ca\.prosody\.example' is now valid TLS/);
    });
    await step("jabberd2 and ejabberd by dialback", () => meet(jabberd2, ejabberd, "ca"));
    assert.ok(peers.every((peer) => peer.log.length > 0));
  },
});
