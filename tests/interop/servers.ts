/** The servers under test: one process for all scenarios that need the same certificate and policy. */
import { selfSigned } from "../harness/certificates.ts";
import { configuration } from "../harness/stage.ts";
import { type Section, type Settings, VeronaServer } from "../harness/verona.ts";
import type { Identity } from "../peer/wire.ts";
import type { Lab } from "./lab.ts";
import { PORTS } from "./peers/peer.ts";

interface Setup {
  identity(lab: Lab, names: readonly string[]): Promise<Identity>;
  readonly policy: Section;
  readonly limits?: Section;
  /** Listens for direct TLS too. */
  readonly directTls?: true;
}

const byCa = (lab: Lab, names: readonly string[]) => lab.world.ca.issue({ names });

export const SERVERS = {
  authenticated: { identity: byCa, policy: { proof: "authenticated" } },
  /** Nobody can prove by certificate that it is us: the peer must call back. */
  selfSigned: { identity: (_lab, names) => selfSigned({ names }), policy: { proof: "encrypted" } },
  serverAuth: {
    identity: (lab, names) => lab.world.ca.issue({ names, usages: ["serverAuth"] }),
    policy: { proof: "authenticated" },
  },
  /** As a hosting provider has it: nothing but the machine's own name. */
  machine: {
    identity: (lab, [host]) => lab.world.ca.issue({ names: [host!] }),
    policy: { proof: "authenticated" },
  },
  /** The same, waiting less long for an answer. */
  stranger: {
    identity: (lab, [host]) => lab.world.ca.issue({ names: [host!] }),
    policy: { proof: "authenticated" },
    limits: { verdict_timeout: "5s" },
  },
  encrypted: { identity: byCa, policy: { proof: "encrypted" } },
  /** TLS where the peer has it; jabberd2 without TLS says nothing to `<starttls/>`. */
  legacy: { identity: byCa, policy: { proof: "legacy" }, limits: { tls_timeout: "2s" } },
  impatient: { identity: byCa, policy: { proof: "encrypted" }, limits: { tls_timeout: "2s" } },
  fence: { identity: byCa, policy: { proof: "encrypted", fence: true } },
  directTls: { identity: byCa, policy: { proof: "authenticated" }, directTls: true },
} as const satisfies Readonly<Record<string, Setup>>;

export type ServerName = keyof typeof SERVERS;

export const hostName = (server: ServerName): string => `${server.toLowerCase()}.verona.example`;

/** Starts it in the lab, with an address of its own and a component for each of its domains. */
export async function startServer(lab: Lab, name: ServerName, octet: number, domains: readonly string[]) {
  const setup: Setup = SERVERS[name];
  const host = hostName(name);
  const directory = `${lab.folder}/verona-${name}`;
  await Deno.mkdir(directory);
  const identity = await setup.identity(lab, [host, ...domains]);
  const settings: Settings = await configuration(lab.world, directory, {
    place: { name: host, identity, ip: lab.world.ip(octet) },
    hosted: domains,
    settings: {
      policy: setup.policy,
      limits: setup.limits ?? {},
      listen: setup.directTls ? { s2s_tls: [`${lab.world.ip(octet)}:${PORTS.s2sTls}`] } : {},
    },
  });
  return await VeronaServer.start(directory, settings);
}
