/** A server that is known by its tables alone: ten thousand connections, hostile names among them, and a hundred thousand pairs. */
import type { Cause } from "../../../facts/cause.ts";
import { ASSETS } from "../../../console/assets.ts";
import type { ApiParts } from "../../../observe/api/endpoint.ts";
import type { LiveConnection, Source, Sources } from "../../../observe/live.ts";
import { Recorder } from "../../../observe/recorder.ts";
import type { ServerView } from "../../../observe/view.ts";
import { alone, TOKEN } from "../../api/parts.ts";
import { large } from "../../api/large.ts";
import type { Place } from "./fixture.ts";

export const CONNECTIONS = 10_000;
export const PAIRS = 100_000;

/** What a peer may write where a name is expected; the last one is a real name. */
export const HOSTILE = [
  "<img src=x onerror=alert(1)>.example",
  "\u202eelpmaxe.\u0007evil",
  "a".repeat(250) + ".example",
  "münchen.example",
] as const;

const CLOSED: readonly Cause[] = ["tls.expired", "dns.nxdomain", "tcp.refused", "stream.idle"];

function connection(n: number, now: number): LiveConnection {
  const name = HOSTILE[n] ?? `customer-${n % 997}.example`;
  return {
    id: `c-${n}`,
    direction: n % 3 === 0 ? "in" : "out",
    purpose: "federation",
    state: n % 50 === 7 ? "negotiating" : "established",
    machine: "established",
    local: `xmpp${n % 4}.alpha.example`,
    remote: `mx${n % 11}.hosting-${n % 83}.example`,
    peer: `192.0.2.${n % 250}`,
    serverNames: [`mx${n % 11}.hosting-${n % 83}.example`],
    delegated: () => [{ domain: name, prooftype: "dna-srv", expires: now + 86_400_000 }],
    delegatedCount: 1,
    pairs: 1,
    bidi: n % 2 === 0,
    encrypted: true,
    tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
    certificate: null,
    streamId: `s${n}`,
    since: now - n * 1000,
    stanzas: { in: n, out: n },
    bytes: { in: n * 300, out: n * 300 },
    acknowledged: n,
    unacknowledged: 0,
    writtenUnconfirmed: 0,
    rttMs: (n * 7919) % 400,
    closedAt: null,
    cause: null,
  } as LiveConnection;
}

function sourceOf<Live>(rows: Live[], past: Live[], key: (row: Live) => string): Source<Live> {
  return {
    get size() {
      return rows.length;
    },
    rows: () => rows,
    past: () => past,
    again: (row) => row,
    key,
    counted: () => ({}),
  };
}

export interface Crowd extends Place {
  readonly parts: ApiParts;
  readonly rows: LiveConnection[];
}

export function gatherCrowd(stack: AsyncDisposableStack): Promise<Crowd> {
  const now = Date.now();
  const rows = Array.from({ length: CONNECTIONS }, (_, n) => connection(n, now));
  const past = CLOSED.map((cause, n) =>
    ({ ...connection(20_000 + n, now), state: "closed", closedAt: now - 5000, cause }) as LiveConnection
  );
  const sources: Sources = {
    ...large(PAIRS).sources,
    connections: sourceOf(rows, past, ({ id }) => id),
    domains: sourceOf([], [], ({ name }) => name),
    proofs: sourceOf([], [], ({ connection, domain }) => `${connection} ${domain}`),
  };
  const view = {
    sources,
    connection: (id: string) => [...rows, ...past].find((row) => row.id === id) ?? null,
    route: () => null,
    traffic: () => ({}),
    connectionKinds: () => [],
    components: () => ({}),
    away: () => [],
    certificates: () => [],
    readiness: () => Promise.resolve({ ready: true, reasons: [], checks: [] }),
    surroundings: () => ({ resolver: null, console: null }),
  } as unknown as ServerView;
  const api = stack.use(
    alone({ parts: { assets: ASSETS, view, recorder: new Recorder(Date.now), now: Date.now } }),
  );
  return Promise.resolve({ origin: api.origin, token: TOKEN, rows, parts: api.parts });
}
