/** What travels. */
import assert from "node:assert/strict";
import { message } from "../../federation/acts.ts";
import { calm } from "../probe.ts";
import type { Cannot, Scenario, Scene } from "../scenario.ts";
import type { Speaker } from "../speaker.ts";
import { tellsError } from "../errors.ts";
import { say } from "../talk.ts";
import { PORTS } from "../peers/peer.ts";
import { talk } from "./proofs.ts";
import { proven } from "../findings.ts";

const COUNT = 1000;
const BIG = 400_000;

/** Numbered messages from one to the other, all of them and in order. */
export async function numbered(from: Speaker, to: Speaker, count = COUNT): Promise<void> {
  const stanzas = Array.from({ length: count }, (_, n) => message(from.jid, to.jid, `n${n}`));
  from.send(stanzas.join(""));
  for (let n = 0; n < count; n++) {
    const { attributes } = await to.stanza("message", {});
    assert.equal(attributes.id, `n${n}`, JSON.stringify(attributes));
  }
}

async function speakers(scene: Scene): Promise<[first: Speaker, second: Speaker]> {
  const [us, them] = [await scene.us(), await scene.them()];
  return scene.direction === "out" ? [us, them] : [them, us];
}

const NO_DIRECT_TLS: Cannot = {
  why: "knows no direct TLS: it listens for STARTTLS only, and asks for `_xmpp-server` only",
  async shows(scene) {
    const { verona, since, lab, ours: [ours], theirs: [theirs] } = scene;
    if (scene.direction === "out") {
      await tellsError(scene);
      await verona.told({ event: "stanza.bounced", cause: "tcp.refused" }, since);
      return "TCP to the port of its `_xmpps-server` is refused";
    }
    const [us, them] = [await scene.us(), await scene.them()];
    them.send(message(them.jid, us.jid, "unknown"));
    await lab.world.dns.awaitQuestion(`_xmpp-server._tcp.${ours}`, "SRV");
    await scene.peer.logged(new RegExp(`dns lookup for ${ours} failed`));
    assert.equal(
      lab.world.dns.asked(`_xmpps-server._tcp.${ours}`, "SRV").length,
      0,
      `asked for by ${theirs}`,
    );
    return "dns lookup for (a domain with `_xmpps-server` alone) failed";
  },
};

export const TRAFFIC: readonly Scenario[] = [
  {
    key: "users",
    name: "message, presence, IQ with result and pings, between users and servers",
    server: "encrypted",
    async act(scene) {
      await talk(scene);
      return "works";
    },
  },
  {
    key: "big",
    name: "a stanza of 400 kB each way",
    server: "encrypted",
    async act(scene) {
      const [first, second] = await speakers(scene);
      const body = "x".repeat(BIG);
      await say(first, second);
      await say(second, first);
      await calm(scene);
      await say(first, second, body);
      await say(second, first, body);
      return "works";
    },
  },
  {
    key: "numbered",
    name: "1,000 numbered stanzas each way",
    server: "encrypted",
    async act(scene) {
      const [first, second] = await speakers(scene);
      await say(first, second);
      await calm(scene);
      await numbered(first, second);
      await say(second, first);
      await calm(scene);
      await numbered(second, first);
      return "all, in order";
    },
  },
  {
    key: "direct-tls",
    name: "direct TLS",
    server: "directTls",
    publish(lab, { direction, ours: [ours], theirs: [theirs], target, host }) {
      const [domain, machine, port] = direction === "out"
        ? [theirs!, target, PORTS.s2sTls] as const
        : [ours!, host, PORTS.s2sTls] as const;
      lab.world.zone(domain)
        .remove(`_xmpp-server._tcp.${domain}`, "SRV")
        .set(`_xmpps-server._tcp.${domain}`, "SRV", [{ target: machine, port, priority: 10, weight: 0 }]);
    },
    async act(scene) {
      const [first, second] = await speakers(scene);
      await say(first, second);
      return await proven(scene, ["pkix"], "EXTERNAL");
    },
    cannot: { jabberd2: NO_DIRECT_TLS },
  },
];
