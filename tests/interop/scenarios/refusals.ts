/** Wrong certificates: refused, and the log says why by name. */
import type { Cause } from "../../../facts/cause.ts";
import { tellsError } from "../errors.ts";
import type { Cannot, Direction, Scenario, Scene } from "../scenario.ts";

/** @param causes By which the pair, or the connection of the two domains, ended. */
export function refusedFor(causes: Readonly<Record<Direction, Cause>>) {
  return async (scene: Scene): Promise<string> => {
    await tellsError(scene);
    const cause = causes[scene.direction];
    await scene.verona.told({ cause, local: scene.ours[0], remote: scene.theirs[0] }, scene.since);
    return `refused, \`${cause}\``;
  };
}

/** As TLS client it has one certificate for all its domains, which is good here. */
export const ONE_CERTIFICATE: Cannot = {
  why: "shows one certificate for all its domains when it connects (`local.pemfile`, s2s/out.c)",
  async shows(scene) {
    await tellsError(scene);
    const subject = `CN=xmpp.${scene.peer.kind.name}.example`;
    await scene.verona.told({ event: "connection.secured", subject });
    return subject;
  },
};

export const REFUSALS: readonly Scenario[] = [
  {
    key: "wrong-name",
    name: "certificate with another name",
    shows: "otherName",
    act: refusedFor({ out: "tls.names", in: "proof.delegation" }),
  },
  {
    key: "expired",
    name: "expired certificate",
    shows: "expired",
    act: refusedFor({ out: "tls.expired", in: "tls.expired" }),
    cannot: { jabberd2: { in: ONE_CERTIFICATE } },
  },
  {
    key: "untrusted",
    name: "self-signed certificate and nothing published",
    shows: "selfSigned",
    act: refusedFor({ out: "tls.self-signed", in: "policy.dialback" }),
    cannot: { jabberd2: { in: ONE_CERTIFICATE } },
  },
];
