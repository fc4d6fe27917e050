/** The file's words with what was set at run time over them, and which of them those are. docs/decisions/0180. */
import { parseDomain } from "../xmpp/domain.ts";
import type { HostedDomain } from "./config.ts";
import type { RunTime } from "./run_time.ts";
import { hosted } from "./policy.ts";
import type { ConfigFile } from "./schema.ts";

type Rows = ConfigFile["domain"];
type Peers = ConfigFile["policy"]["peer"];

/** What is said of run time beside the values; null: nothing was set. */
export interface SetAtRunTime {
  readonly domains: readonly string[];
  readonly removed: readonly string[];
  readonly suspended: readonly string[];
  readonly peers: Readonly<Record<string, string>>;
}

export interface Laid {
  readonly file: ConfigFile;
  readonly set: SetAtRunTime | null;
}

export function laidOver(file: ConfigFile, runTime: RunTime | null): Laid {
  if (runTime === null) return { file, set: null };
  const { added, removed, suspended, policies } = runTime;
  const kept = file.domain.filter(({ name }) => !added.has(name) && !removed.has(name));
  const domain: Rows = [...kept, ...[...added.values()].map(asRow)];
  const isHosted = (name: string) => domain.some((row) => row.name === name);
  const set: SetAtRunTime = {
    domains: [...added.keys()],
    removed: file.domain.map(({ name }) => name).filter((name) => removed.has(name)),
    suspended: [...suspended].filter(isHosted),
    peers: Object.fromEntries(policies),
  };
  const nothing = set.domains.length + set.removed.length + set.suspended.length + policies.size === 0;
  const policy = { ...file.policy, peer: peersOver(file.policy.peer, runTime) };
  return { file: { ...file, domain, policy }, set: nothing ? null : set };
}

/** As the file would have it. */
function asRow({ name, componentSecret, policy: { proof, ...lists } }: HostedDomain): Rows[number] {
  return hosted.parse({
    name,
    ...(componentSecret === null ? {} : { component_secret: componentSecret }),
    policy: { ...(proof === null ? {} : { proof }), ...lists },
  });
}

/** Entries keep the spelling that they have in the file. */
function peersOver(peers: Peers, { policies }: RunTime): Peers {
  const spelt = new Map(Object.keys(peers).map((name) => [parseDomain(name), name]));
  const over = [...policies].map(([remote, proof]) => {
    const name = spelt.get(remote) ?? remote;
    return [name, { ...peers[name], proof }];
  });
  return { ...peers, ...Object.fromEntries(over) };
}
