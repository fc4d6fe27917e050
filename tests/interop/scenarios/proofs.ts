/** By what the two sides prove themselves to each other. */
import { proven } from "../findings.ts";
import { servePosh } from "../posh.ts";
import type { Cannot, Scenario, Scene } from "../scenario.ts";
import { converse } from "../talk.ts";
import { tlsa } from "../tlsa.ts";

/** Both talk; whoever the direction says speaks first. */
export async function talk(scene: Scene): Promise<void> {
  const [us, them] = [await scene.us(), await scene.them()];
  await (scene.direction === "out" ? converse(us, them) : converse(them, us));
}

/** jabberd2 speaks no SASL on federation streams: it goes by dialback whatever the certificates. */
export const NO_EXTERNAL: Cannot = {
  why: "no SASL EXTERNAL: dialback whatever the certificates (s2s/in.c, s2s/out.c)",
  async shows(scene) {
    const [us, them] = [await scene.us(), await scene.them()];
    await (scene.direction === "out" ? converse(us, them) : converse(them, us));
    const word = scene.direction === "out" ? "received" : "sending";
    const route = `${scene.theirs[0]}/${scene.ours[0]}`;
    await scene.peer.logged(new RegExp(`${word} dialback auth request for route '${route}'`));
    return `${word} dialback auth request for route`;
  },
};

/** Its TLS library judges the client's certificate as a client's: a serverAuth-only one does not do. */
const NO_SERVER_AUTH: Cannot = {
  why: "refuses EXTERNAL with a certificate without clientAuth, and takes dialback instead",
  async shows(scene) {
    await talk(scene);
    const pair = `${scene.ours[0]} -> ${scene.theirs[0]}`;
    await scene.peer.logged(new RegExp(`Accepted inbound s2s dialback authentication ${pair}`));
    const words = new RegExp(`Failed inbound s2s EXTERNAL authentication ${pair} \\(\\S+\\): (.*)$`);
    return `Failed inbound s2s EXTERNAL authentication: ${words.exec(await scene.peer.logged(words))![1]}`;
  },
};

export const PROOFS: readonly Scenario[] = [
  {
    key: "dialback",
    name: "dialback only",
    server: "selfSigned",
    shows: "selfSigned",
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["dialback-dnssec", "samecert"], "dialback");
    },
  },
  {
    key: "external",
    name: "EXTERNAL with a CA certificate",
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["pkix"], "EXTERNAL");
    },
    cannot: { jabberd2: NO_EXTERNAL },
  },
  {
    key: "server-auth",
    name: "EXTERNAL with a serverAuth-only certificate",
    server: "serverAuth",
    shows: "serverAuth",
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["pkix"], "EXTERNAL");
    },
    cannot: { ejabberd: { out: NO_SERVER_AUTH }, jabberd2: NO_EXTERNAL },
  },
  {
    key: "machine",
    name: "our certificate is our machine's alone",
    server: "machine",
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["pkix"], scene.direction === "out" ? "dialback" : scene.peer.kind.way);
    },
  },
  {
    key: "tlsa",
    name: "self-signed with TLSA 3 1 1",
    shows: "selfSigned",
    publish(lab, { target }, shown) {
      const zone = lab.world.zone(target.split(".").slice(1).join("."));
      zone.set(`_5269._tcp.${target}`, "TLSA", shown.map(tlsa));
    },
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["dane"], scene.peer.kind.way);
    },
  },
  {
    key: "posh",
    name: "self-signed with POSH",
    shows: "selfSigned",
    publish: (lab, { theirs: [domain] }, shown) => servePosh(lab, domain!, shown),
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["posh"], scene.peer.kind.way);
    },
  },
];
