/** What each outlet of a server says about one pair after an attempt failed: log, metrics, API, commands, and what the page is drawn from. */
import type { FailureList, Overview, RouteRow, Why } from "../../observe/contract.ts";
import type { CheckReport, Explanation, Stage } from "../../observe/contract.ts";
import type { VeronaServer } from "../harness/verona.ts";

/** By outlet: every cause that it names for the pair. One fault wants one cause in each. */
export type Told = Readonly<Record<string, readonly string[]>>;

export interface Answers {
  readonly causes: Told;
  /** By outlet: who can mend it. */
  readonly owners: Told;
  /** By outlet: the first step that failed. */
  readonly stages: Readonly<Record<string, Stage["id"] | undefined>>;
}

/** Of the moment before the attempt. */
export interface Mark {
  readonly line: number;
  readonly metrics: Metrics;
}

type Metrics = ReadonlyMap<string, number>;

export async function mark(server: VeronaServer): Promise<Mark> {
  return { line: server.log.length, metrics: await metricsOf(server) };
}

/** Asks every outlet; `check` makes an attempt of its own. */
export async function askAll(
  server: VeronaServer,
  local: string,
  remote: string,
  since: Mark,
): Promise<Answers> {
  const row = await server.eventually(
    `the pair with ${remote} in the routing table, with a reason`,
    async () => {
      const found: RouteRow | undefined = await server.route(local, remote);
      return found?.reason !== null && found;
    },
  );
  await server.told({ event: "route.state", remote, cause: row.reason }, since.line);
  const pairLines = server.log.slice(since.line).map(({ json }) => json).filter((line) =>
    line?.cause !== undefined && DECIDING.includes(line.event) && (line.remote ?? remote) === remote
  );
  const explained: Explanation = await server.api(`/explain?from=${local}&to=${remote}`);
  const why = await whyOf(server, remote);
  const attention = await attentionOf(server, remote);
  const told = await commands(server, local, remote);
  return {
    causes: {
      log: unique(pairLines.map(({ cause }) => cause)),
      metric: raised(since.metrics, await metricsOf(server)),
      "API routes": [String(row.reason)],
      "API explain": [String(explained.cause)],
      "command explain": unique(/\(([a-z]+\.[a-z-]+)\)/.exec(told.explain)?.slice(1) ?? []),
      "command explain --json": [String(told.explained.cause)],
      "command routes": unique(told.routes.map(({ reason }) => String(reason))),
      "command check": [String(told.checked.cause)],
      "page failures": unique(why.map(({ cause }) => cause)),
      "page attention": unique(attention.map(({ cause }) => String(cause))),
    },
    owners: {
      log: unique(pairLines.map(({ fault }) => fault)),
      "command check": [String(told.checked.fault)],
      "page why": unique(why.map(({ fault }) => fault)),
    },
    stages: {
      "command check": told.checked.stages.find(({ verdict }) => verdict === "fail")?.id,
      "page why": why[0]?.stages.find(({ verdict }) => verdict === "fail")?.id,
    },
  };
}

/** Lines that say what became of a pair; others tell of steps that were not the reason, such as a POSH document that is not there. */
const DECIDING = ["route.state", "pair.denied", "stanza.bounced"];

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];

async function metricsOf({ console }: VeronaServer): Promise<Metrics> {
  const text = await (await fetch(`${console}/metrics`)).text();
  return new Map(
    text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** Causes under which stanzas were bounced since. */
function raised(before: Metrics, after: Metrics): string[] {
  return [...after].flatMap(([series, value]) => {
    const cause = /^xmpp_s2s_stanzas_rejected_total\{.*how="bounced".*cause="([^"]+)"\}$/.exec(series)?.[1];
    return cause === undefined || value === (before.get(series) ?? 0) ? [] : [cause];
  });
}

async function whyOf(server: VeronaServer, remote: string): Promise<Why[]> {
  const { failures }: FailureList = await server.api("/failures?group=cause");
  const rows = failures.flatMap(({ key, failures }) => failures.map((row) => ({ key, ...row })))
    .filter((row) => row.remote === remote);
  return await Promise.all(rows.map(async ({ key, id }) => {
    const why: Why = await server.api(`/failures/${encodeURIComponent(id)}`);
    if (why.cause !== key) throw new Error(`/failures groups ${id} under ${key}, its why says ${why.cause}`);
    return why;
  }));
}

/** It is made once a second. */
function attentionOf(server: VeronaServer, remote: string): Promise<Overview["attention"]> {
  return server.eventually(`${remote} under "Needs attention"`, async () => {
    const { attention }: Overview = await server.api("/overview");
    const found = attention.filter(({ subject }) => subject === remote);
    return found.length > 0 && found;
  });
}

async function commands(server: VeronaServer, local: string, remote: string) {
  const config = ["--config", `${server.directory}/verona.toml`];
  const [explain, explained, routes, checked] = await Promise.all([
    server.command("explain", local, remote, ...config),
    server.command("explain", local, remote, "--json", ...config),
    server.command("routes", "--json", "--remote", remote, ...config),
    server.command("check", remote, "--from", local, "--json", ...config),
  ]);
  if (explain.code !== 4) throw new Error(`verona explain ended with ${explain.code}: ${explain.stderr}`);
  return {
    explain: explain.stdout,
    explained: JSON.parse(explained.stdout) as Explanation,
    routes: (JSON.parse(routes.stdout) as { routes: RouteRow[] }).routes,
    checked: JSON.parse(checked.stdout) as CheckReport,
  };
}
