/** Prosody with `s2s_secure_auth = true`, as Debian ships it: certificates for the domain itself, or nothing. */
import assert from "node:assert/strict";
import { CAUSES } from "../../../facts/cause.ts";
import { proven } from "../findings.ts";
import type { Scenario, Scene } from "../scenario.ts";
import { talk } from "./proofs.ts";
import { refusedFor } from "./refusals.ts";

const STRICTLY = { peers: ["prosody"], manner: "strict" } as const;

async function byCertificate(scene: Scene): Promise<string> {
  await talk(scene);
  return await proven(scene, ["pkix"], "EXTERNAL");
}

/** The cause is named with its cure, and the peer's log says what it minds. */
const refusedWith =
  (cause: "stream.not-authorized" | "peer.verdict-timeout", minds: string) => async (scene: Scene) => {
    assert.match(CAUSES[cause].next, /s2s_secure_auth/);
    const how = await refusedFor({ out: cause, in: cause })(scene);
    await scene.peer.logged(
      new RegExp(`Forbidding insecure connection to/from ${scene.ours[0]} because its certificate ${minds}`),
    );
    return how;
  };

export const STRICT: readonly Scenario[] = [
  {
    ...STRICTLY,
    key: "strict",
    name: "`s2s_secure_auth`: EXTERNAL with a CA certificate",
    act: byCertificate,
  },
  {
    ...STRICTLY,
    key: "strict-server-auth",
    name: "`s2s_secure_auth`: EXTERNAL with a serverAuth-only certificate",
    server: "serverAuth",
    act: byCertificate,
  },
  {
    ...STRICTLY,
    key: "strict-self-signed",
    name: "`s2s_secure_auth`: our certificate is self-signed",
    server: "selfSigned",
    act: refusedWith("stream.not-authorized", "is not trusted"),
  },
  {
    ...STRICTLY,
    key: "strict-machine",
    name: "`s2s_secure_auth`: our certificate is our machine's alone",
    server: "machine",
    act: refusedWith("stream.not-authorized", "is not valid for this name"),
  },
  {
    // The stream between the names of the machines comes about; it calls our domain back, and says nothing when it does
    // not like the certificate there.
    ...STRICTLY,
    key: "strict-host",
    name: "the same, and the peer serves the name of its machine too",
    directions: ["out"],
    ownMachine: true,
    server: "stranger",
    act: refusedWith("peer.verdict-timeout", "is not valid for this name"),
  },
];
