/**
 * Plays a first stanza through before one comes: code is compiled when it first runs, and a quarter of the time that a first
 * stanza took was that (docs/bench.md). Two servers within this process, of names that nobody has (RFC 6761), federate over
 * loopback with this one's certificates. Nobody hears of it, and nothing is looked up.
 */
import { randomBytes } from "node:crypto";
import type { Config } from "../config/config.ts";
import { decodeReply, type Reply } from "../dnssec/answer.ts";
import type { Lookup, RecordData, RecordType } from "../facts/dns.ts";
import type { Tracer } from "../observe/recorder.ts";
import { type Domain, parseDomain } from "../xmpp/domain.ts";
import { type Host, systemClock } from "./host.ts";
import { Server, type ServerParts } from "./server.ts";

const PATIENCE_MS = 5000;
const LOOPBACK = { host: "127.0.0.1", port: 0 } as const;
const DAY_MS = 86_400_000;

const WATCHER: Tracer = {
  step: (make) => void make(),
  wants: () => true,
  keep: (make) => void make(),
  ended: () => {},
};

/** Nobody is told; steps are made, for that is code too. */
const STAGE: Host = {
  clock: systemClock,
  random: Math.random,
  tell: () => {},
  trace: { of: () => WATCHER, wants: () => true, hide: () => "" },
};

/** @returns whether a ping came back. Never rejects: without loopback there is no rehearsal. */
export async function rehearse(
  { version, config, identities, trust }: Pick<ServerParts, "version" | "config" | "identities" | "trust">,
): Promise<boolean> {
  const ports = new Map<string, number>();
  const resolver = {
    lookup: answersFor(ports),
    get: () => Promise.resolve(NO_DOCUMENT),
    readiness: unasked,
    stats: unasked,
  };
  const cast = ["romeo", "juliet"].map((who) => {
    const domain = parseDomain(`${who}.rehearsal.invalid`);
    const dialbackSecret = randomBytes(32).toString("hex");
    const parts = { host: STAGE, version, identities, trust, resolver, dialbackSecret };
    return { domain, server: new Server({ ...parts, config: roleOf(domain, config) }) };
  });
  try {
    for (const { domain, server } of cast) {
      ports.set(domain, server.listen({ watches: false }).s2s[0]!.port);
    }
    const [romeo, juliet] = cast as [typeof cast[0], typeof cast[0]];
    return await ping(romeo.server, { local: romeo.domain, remote: juliet.domain });
  } catch {
    return false;
  } finally {
    await Promise.all(cast.map(({ server }) => server.drain()));
  }
}

const NO_DOCUMENT = { error: "connect", why: "" } as const;

async function ping(server: Server, pair: { local: Domain; remote: Domain }): Promise<boolean> {
  const returned = Promise.withResolvers<boolean>();
  const { bytes } = server.pings.make(pair, () => returned.resolve(true));
  server.routes.submit(pair, { bytes, since: systemClock.now(), local: pair.local });
  const late = systemClock.setTimeout(() => returned.resolve(false), PATIENCE_MS);
  const answer = await returned.promise;
  systemClock.clearTimeout(late);
  return answer;
}

/** By dialback: of all proofs it takes the longest way, and needs no certificate that names us. */
function roleOf(name: Domain, config: Config): Config {
  const lists = { allow: [], block: [] };
  return {
    ...config,
    server: { ...config.server, names: [name], gone: [] },
    domains: [{ name, componentSecret: null, policy: { proof: null, ...lists } }],
    listen: { s2s: [LOOPBACK], s2sTls: [], component: [], console: null },
    dial: { ...config.dial, allowPrivateAddresses: true },
    policy: { ...config.policy, ...lists, proof: "encrypted", peer: new Map() },
    dns: { ...config.dns, hosts: new Map(), static: new Map() },
  };
}

/** Each domain is its own machine, on loopback. */
function answersFor(ports: ReadonlyMap<string, number>): (name: string, type: RecordType) => Promise<Lookup> {
  return (name, type) => {
    const now = systemClock.now();
    const records = recordsOf(name, type, ports);
    const reply: Reply = {
      v: 1,
      question: { name, type },
      status: records.length > 0 ? "NOERROR" : "NODATA",
      state: "secure",
      steps: [{ name, type, state: "secure", data: records }],
      validUntil: now + DAY_MS,
      signedUntil: now + DAY_MS,
    };
    return Promise.resolve(decodeReply(reply, name, type, now));
  };
}

function recordsOf(name: string, type: RecordType, ports: ReadonlyMap<string, number>): RecordData[] {
  const [, service] = /^_xmpp-server\._tcp\.(.*)$/.exec(name) ?? [];
  const port = ports.get(service ?? "");
  if (type === "SRV" && port !== undefined) {
    return [{ t: "SRV", priority: 0, weight: 0, port, target: `${service}.` }];
  }
  return type === "A" && ports.has(name) ? [{ t: "A", address: LOOPBACK.host }] : [];
}

function unasked(): never {
  throw new Error("nobody asks in a rehearsal");
}
