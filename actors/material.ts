/** Loads what the configuration only names: certificates, trust anchors, secrets. */
import type { Config } from "../config/config.ts";
import { Identities } from "../wire/identity.ts";
import { Trust } from "../wire/trust.ts";
import { toAscii } from "../xmpp/domain.ts";

/** @throws {Error} that names the file and what is wrong with it. */
export function loadIdentities(config: Config): Identities {
  return Identities.load(config.certificates, toAscii(config.server.names[0]!), Deno.readTextFileSync);
}

/** @throws {Error} that names what cannot be read. */
export function loadTrust(config: Config): Trust {
  const files = config.trust.filter((entry) => entry !== "system");
  return new Trust(files.length < config.trust.length, files.map(readPem));
}

function readPem(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(`Cannot read the trust anchors in ${path}: ${(error as Error).message}`);
  }
}
