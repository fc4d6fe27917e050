/** Puts one server together and keeps it running until it is told to stop. */
import { X509Certificate } from "node:crypto";
import type { Clock, Host } from "../actors/host.ts";
import { loadIdentities, loadTrust } from "../actors/material.ts";
import { rehearse } from "../actors/rehearsal.ts";
import { newSecret, Server } from "../actors/server.ts";
import { type Reread, View } from "../actors/view.ts";
import type { Config } from "../config/config.ts";
import { printConsolePlace } from "../config/console_place.ts";
import { reasonOf } from "../config/files.ts";
import { RunTime } from "../config/run_time.ts";
import { isLoopback } from "../config/loopback.ts";
import { printAddress } from "../config/units.ts";
import { ASSETS } from "../console/assets.ts";
import { library } from "../console/library.ts";
import { Resolver } from "../dnssec/resolver.ts";
import type { ApiParts } from "../observe/api/endpoint.ts";
import type { Checks } from "../observe/api/check.ts";
import { TcpDoor } from "../observe/api/door.ts";
import { hostsOf } from "../observe/api/hosts.ts";
import { serveApi } from "../observe/api/serve.ts";
import { linkTo } from "../observe/api/session.ts";
import { SocketDoor } from "../observe/api/socket_door.ts";
import { Audit } from "../observe/audit.ts";
import { Attempts } from "../observe/attempts.ts";
import { Failures } from "../observe/failures/failures.ts";
import { HealthDesk } from "../observe/health_desk.ts";
import type { LogLevels } from "../observe/levels.ts";
import { Metrics } from "../observe/metrics/metrics.ts";
import { pushMetrics } from "../observe/otel/instruments.ts";
import { isTraced } from "../observe/otel/tracing.ts";
import { OverviewDesk } from "../observe/overview/desk.ts";
import { within } from "../observe/patience.ts";
import { Population } from "../observe/population.ts";
import { Recorder } from "../observe/recorder.ts";
import { checkFolder, secret } from "../observe/secret_file.ts";
import { FIRST_LINK_MS, Sessions } from "../observe/sessions.ts";
import { Hub } from "../observe/socket/hub.ts";
import { Pace } from "../observe/tables/pace.ts";
import { Tokens } from "../observe/tokens.ts";
import { listening } from "../wire/listening.ts";
import { checksOf } from "./checks.ts";
import { commit } from "./commit.ts";
import { TUNNEL_ORIGIN } from "./tunnel.ts";
import { VERSION } from "./version.ts";

export interface ServeOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Reads the configuration again, for SIGHUP and `config reload`. */
  readonly reread: Reread;
  readonly recorder: Recorder;
  /** What is logged. */
  readonly log: LogLevels;
}

export interface Serving {
  readonly server: Server;
  readonly view: View;
  /** Where everything really listens (ports of 0 are chosen by the system). */
  readonly addresses: { s2s: string[]; s2sTls: string[]; component: string[]; console: string | null };
  /** A link into the console's page as its operator; it works once. Null without a console. */
  readonly logInLink: () => string | null;
  /** drains, closes, lets everything go. */
  stop(): Promise<void>;
}

/** For answers of the API under way at the end. */
const LAST_ANSWERS_MS = 500;

/** Starts everything. @throws {Error} whose message says what is missing and what to do. */
export async function serve({ config: file, clock, reread, recorder, log }: ServeOptions): Promise<Serving> {
  await makeDataDir(file.server.dataDir);
  const runTime = RunTime.open(file.server.dataDir);
  const config = runTime.over(file);
  const host: Host = {
    clock,
    random: Math.random,
    tell: (happening) => recorder.tell(happening),
    trace: config.listen.console === null ? null : recorder,
  };
  const identities = loadIdentities(config);
  const trust = loadTrust(config);
  const { dnsTimeoutMs: timeoutMs, dnsQueryTimeoutMs: queryTimeoutMs } = config.limits;
  const resolver = new Resolver(config.dns, { timeoutMs, queryTimeoutMs });
  // For explanations and checks, with a cache and counters of its own: looking at a pair changes nothing of the server.
  const looking = config.listen.console === null
    ? resolver
    : new Resolver(config.dns, { timeoutMs, queryTimeoutMs });
  const dialbackSecret = await loadDialbackSecret(config);
  const server = new Server({ host, version: VERSION, config, resolver, identities, trust, dialbackSecret });
  for (const { pair, until } of runTime.blocks.list(clock.now())) {
    server.blocks.add(pair, "policy.revoked", until);
  }
  const view = new View(server, reread, runTime, file, (...question) => looking.lookup(...question));
  const opened = server.listen();
  const sessions = new Sessions(() => clock.now());
  const checks = checksOf(server, looking, recorder);
  const api = await serveConsole({ config, clock, view, recorder, log, resolver, sessions, checks });
  const print = ({ hostname: host, port }: Deno.NetAddr) => printAddress({ host, port });
  const addresses = {
    s2s: opened.s2s.map(print),
    s2sTls: opened.s2sTls.map(print),
    component: opened.component.map(print),
    console: api === null ? null : placeOf(api.addr),
  };
  host.tell({ type: "server.ready", detail: addresses });
  // After whoever waited for us has been let in.
  clock.setTimeout(() => void rehearse({ version: VERSION, config, identities, trust }), 0);
  return {
    server,
    view,
    addresses,
    logInLink: () => {
      if (addresses.console === null) return null;
      const { secret } = sessions.link("operator", FIRST_LINK_MS);
      if (addresses.console.startsWith("unix:")) return linkTo(TUNNEL_ORIGIN, secret);
      return linkTo(
        `${config.console === null ? "http" : "https"}://${reachable(addresses.console)}`,
        secret,
      );
    },
    stop: async () => {
      await server.drain();
      await within(LAST_ANSWERS_MS, Promise.resolve(api?.shutdown()));
      runTime.close();
      await Promise.all([resolver, looking].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

interface ConsoleParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly view: View;
  readonly recorder: Recorder;
  readonly log: LogLevels;
  readonly resolver: Resolver;
  readonly sessions: Sessions;
  readonly checks: Checks;
}

async function serveConsole(
  { config, clock, view, recorder, log, resolver, sessions, checks }: ConsoleParts,
) {
  const { console } = config.listen;
  if (console === null) return null;
  const tls = config.console === null ? null : {
    cert: await Deno.readTextFile(config.console.tlsChain),
    key: await Deno.readTextFile(config.console.tlsKey),
  };
  const now = () => clock.now();
  const pace = new Pace();
  const failures = new Failures(now);
  recorder.listen((event) => failures.hear(event));
  const health = new HealthDesk(view, (happening) => recorder.tell(happening));
  const population = new Population(view, pace);
  const overview = new OverviewDesk({
    view,
    health,
    population,
    recorder,
    failures,
    pace,
    version: VERSION,
    now,
  });
  overview.start();
  const hub = new Hub((error) => {
    recorder.tell({ type: "actor.crashed", level: "error", detail: { id: "socket", error: String(error) } });
  });
  const metrics = new Metrics({
    ...{ view, recorder, pace, hub, health, population, now, version: VERSION, commit: await commit() },
    measured: (one) => overview.measured(one),
  });
  metrics.start();
  if (isTraced(Deno.env.toObject())) {
    await pushMetrics(metrics, VERSION, (error) => {
      recorder.tell({ type: "actor.crashed", level: "error", detail: { id: "otel", error: String(error) } });
    });
  }
  resolver.watch = (facts) => metrics.looked(facts);
  const parts: ApiParts = {
    view,
    audit: new Audit(`${config.server.dataDir}/audit.db`),
    recorder,
    log,
    metrics,
    failures,
    health,
    overview,
    hub,
    tokens: Tokens.open(config.server.dataDir),
    sessions,
    attempts: new Attempts(now),
    hosts: hostsOf(console, tls === null ? [] : namesOf(tls.cert)),
    assets: ASSETS,
    machines: library,
    pace,
    checks,
    version: VERSION,
    now,
    open: "path" in console || isLoopback(console.host),
  };
  if ("path" in console) return serveApi<Deno.Addr>(await SocketDoor.at(console.path), parts);
  return listening("listen.console", console, () => serveApi<Deno.Addr>(new TcpDoor(console, tls), parts));
}

/** Where it really listens. */
function placeOf(addr: Deno.Addr): string {
  if (addr.transport === "unix") return printConsolePlace({ path: addr.path });
  const { hostname: host, port } = addr as Deno.NetAddr;
  return printConsolePlace({ host, port });
}

/** DNS names and addresses of the console's certificate. */
function namesOf(chain: string): string[] {
  const { subjectAltName } = new X509Certificate(chain);
  return subjectAltName?.split(", ").flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []) ??
    [];
}

/** Who listens everywhere is reached on loopback. */
function reachable(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
}

async function makeDataDir(path: string): Promise<void> {
  const probe = `${path}/.writable`;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(probe, "", { mode: 0o600 });
    await Deno.remove(probe);
  } catch (error) {
    throw new Error(
      `Cannot write into server.data_dir "${path}": ${
        reasonOf(error)
      }; give the server's user the right, or name another folder`,
    );
  }
  checkFolder(path);
}

/** One value per trust network, at least 256 bits when we make it (protocol.md 7.3). */
export async function loadDialbackSecret({ server }: Config): Promise<string> {
  if (server.dialbackSecretFile === null) return secret(`${server.dataDir}/dialback.secret`, newSecret);
  const text = (await Deno.readTextFile(server.dialbackSecretFile)).trim();
  if (text === "") {
    throw new Error(`Cannot use server.dialback_secret_file: ${server.dialbackSecretFile} is empty`);
  }
  return text;
}
