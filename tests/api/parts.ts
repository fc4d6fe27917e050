/** An API without a server behind it: for what is decided before any table is asked. */
import { library } from "../../console/library.ts";
import type { ApiParts } from "../../observe/api/endpoint.ts";
import { hostsOf } from "../../observe/api/hosts.ts";
import { type Door, TcpDoor } from "../../observe/api/door.ts";
import { serveApi } from "../../observe/api/serve.ts";
import { Audit } from "../../observe/audit.ts";
import { Attempts } from "../../observe/attempts.ts";
import { Failures } from "../../observe/failures/failures.ts";
import { HealthDesk } from "../../observe/health_desk.ts";
import { LogLevels, USUAL } from "../../observe/levels.ts";
import { Metrics } from "../../observe/metrics/metrics.ts";
import { OverviewDesk } from "../../observe/overview/desk.ts";
import { Population } from "../../observe/population.ts";
import { Recorder } from "../../observe/recorder.ts";
import { Sessions } from "../../observe/sessions.ts";
import { Hub } from "../../observe/socket/hub.ts";
import { Pace } from "../../observe/tables/pace.ts";
import { Tokens } from "../../observe/tokens.ts";
import type { ServerView } from "../../observe/view.ts";

export const TOKEN = "operators-token";
export const VIEWER_TOKEN = "viewers-token";

export interface Alone extends AsyncDisposable {
  readonly origin: string;
  readonly parts: ApiParts;
  /** The clock, in ms since the epoch. */
  time: number;
}

export interface AloneOptions {
  readonly parts?: Partial<ApiParts>;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** By default a port that the system chooses. */
  readonly door?: Door;
}

/** Listens on loopback; every part can be replaced. */
export function alone({ parts: own = {}, tls, door }: AloneOptions = {}): Alone {
  const listen = { host: "127.0.0.1", port: 0 };
  const clock = { time: Date.now() };
  const now = () => clock.time;
  const [view, recorder] = [own.view ?? {} as ServerView, own.recorder ?? new Recorder(now)];
  const [failures, pace] = [new Failures(now), new Pace()];
  recorder.listen((event) => failures.hear(event));
  const hub = new Hub((error) => {
    recorder.tell({ type: "actor.crashed", level: "error", detail: { id: "socket", error: String(error) } });
  });
  const [health, population] = [new HealthDesk(view), new Population(view, pace)];
  const parts: ApiParts = {
    view,
    audit: new Audit(Deno.makeTempFileSync({ prefix: "verona-audit-" })),
    recorder,
    log: new LogLevels(USUAL),
    failures,
    health,
    overview: new OverviewDesk({ view, health, population, recorder, failures, pace, version: "0.0.0", now }),
    hub,
    metrics: new Metrics({
      view,
      recorder,
      pace,
      hub,
      health,
      population,
      now,
      version: "0.0.0",
      commit: "unknown",
    }),
    tokens: new Tokens(TOKEN, VIEWER_TOKEN),
    sessions: new Sessions(now),
    attempts: new Attempts(now),
    hosts: hostsOf(listen),
    assets: null,
    machines: library,
    pace,
    checks: {
      isHosted: () => false,
      run: () => Promise.reject(new Error("nobody checks here")),
      back: () => Promise.reject(new Error("nobody checks here")),
    },
    version: "0.0.0",
    now,
    open: true,
    ...own,
  };
  const server = serveApi(door ?? new TcpDoor(listen, tls ?? null), parts);
  return Object.assign(clock, {
    origin: `${tls === undefined ? "http" : "https"}://${tls === undefined ? "127.0.0.1" : "localhost"}:${
      "port" in server.addr ? server.addr.port : 0
    }`,
    parts,
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}
