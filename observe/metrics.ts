/** Counters made from the same events that the log has, gauges from the tables. console.md 4.1. */
import type { EventType, RecordedEvent } from "../facts/event.ts";
import type { LiveConnection } from "./live.ts";
import type { ServerView } from "./view.ts";

/** OpenMetrics 1.0, or the text format 0.0.4 of Prometheus. */
export type Exposition = "openmetrics" | "text";

interface Family {
  readonly name: string;
  readonly help: string;
  readonly types: readonly EventType[];
  readonly labels: (event: RecordedEvent) => Record<string, string>;
}

const text = (value: unknown): string => typeof value === "string" ? value : "none";

/** Never a remote domain, a connection or an address as a label: those have no bound. */
const FAMILIES: readonly Family[] = [
  {
    name: "xmpp_s2s_connections_opened",
    help: "TCP connections opened or accepted.",
    types: ["connection.opened"],
    labels: (e) => ({ direction: text(e.detail?.direction) }),
  },
  {
    name: "xmpp_s2s_connections_closed",
    help: "Connections that ended, by cause.",
    types: ["connection.closed", "connection.failed"],
    labels: (e) => ({ cause: e.cause ?? "none" }),
  },
  {
    name: "xmpp_s2s_pair_decisions",
    help: "Pairs granted, authorised, denied and revoked.",
    types: ["pair.granted", "pair.authorised", "pair.denied", "pair.revoked"],
    labels: (e) => ({
      decision: e.type.slice("pair.".length),
      prooftype: text(e.detail?.prooftype),
      cause: e.cause ?? "none",
    }),
  },
  {
    name: "xmpp_s2s_pair_rechecks",
    help: "Proofs looked at again.",
    types: ["proof.rechecked"],
    labels: (e) => ({ result: text(e.detail?.outcome) }),
  },
  {
    name: "xmpp_s2s_delegations",
    help: "Delegations resolved, by what DNSSEC said.",
    types: ["delegation.resolved"],
    labels: (e) => ({ security: text(e.detail?.security), cause: e.cause ?? "none" }),
  },
  {
    name: "xmpp_s2s_stream_errors",
    help: "Stream errors sent and received.",
    types: ["stream.error"],
    labels: (e) => ({ by: text(e.detail?.by), condition: text(e.detail?.condition) }),
  },
  {
    name: "xmpp_s2s_stanzas_bounced",
    help: "Stanzas answered with an error, by cause.",
    types: ["stanza.bounced"],
    labels: (e) => ({ cause: e.cause ?? "none" }),
  },
  {
    name: "xmpp_s2s_stanzas_discarded",
    help: "Stanzas dropped, by cause.",
    types: ["stanza.discarded"],
    labels: (e) => ({ cause: e.cause ?? "none" }),
  },
  {
    name: "verona_certificate_expiry_warnings",
    help: "Certificates that end within so many days, ours and connected peers'.",
    types: ["certificate.expiring"],
    labels: (e) => ({
      whose: text(e.detail?.whose),
      days: String(e.detail?.days),
    }),
  },
  {
    name: "verona_actor_crashes",
    help: "Actors that threw: each is a bug.",
    types: ["actor.crashed"],
    labels: () => ({}),
  },
];

/** Most events are no metric: they must not cost a look at each. */
const BY_TYPE = new Map<EventType, Family[]>();
for (const family of FAMILIES) {
  for (const type of family.types) BY_TYPE.getOrInsert(type, []).push(family);
}

export class Metrics {
  readonly #counts = new Map<Family, Map<string, number>>();

  /** Counts one event. */
  count(event: RecordedEvent): void {
    for (const family of BY_TYPE.get(event.type) ?? []) {
      const series = printLabels(family.labels(event));
      const counts = this.#counts.get(family) ?? new Map<string, number>();
      const repeated = event.detail?.repeated; // one that stands for many
      counts.set(series, (counts.get(series) ?? 0) + (typeof repeated === "number" ? repeated : 1));
      this.#counts.set(family, counts);
    }
  }

  /** The whole exposition. */
  print(view: ServerView, version: string, format: Exposition): string {
    const counters = FAMILIES.map((family): Block => ({
      name: family.name,
      type: "counter",
      help: family.help,
      samples: [...this.#counts.get(family) ?? []],
    }));
    const blocks = [...counters, ...traffic(view), ...gauges(view, version)];
    return blocks.map((block) => printBlock(block, format)).join("") +
      (format === "openmetrics" ? "# EOF\n" : "");
  }
}

/** One family as it is printed; labels are printed already. */
interface Block {
  readonly name: string;
  readonly type: "counter" | "gauge" | "info";
  readonly help: string;
  readonly samples: readonly (readonly [labels: string, value: number])[];
}

function traffic(view: ServerView): Block[] {
  const { stanzasIn, stanzasOut, queued, queuedBytes, acknowledged, unacknowledged, writtenUnconfirmed } =
    view
      .traffic();
  const one = (name: string, type: Block["type"], help: string, value: number): Block => ({
    name,
    type,
    help,
    samples: [["", value]],
  });
  return [
    {
      name: "xmpp_s2s_stanzas",
      type: "counter",
      help: "Stanzas delivered, by direction.",
      samples: [[printLabels({ direction: "in" }), stanzasIn], [
        printLabels({ direction: "out" }),
        stanzasOut,
      ]],
    },
    one(
      "xmpp_s2s_stanzas_unconfirmed",
      "counter",
      "Stanzas written to connections that were lost.",
      writtenUnconfirmed,
    ),
    one(
      "xmpp_s2s_stanzas_acknowledged",
      "counter",
      "Stanzas that peers acknowledged (XEP-0198), or a fence confirmed.",
      acknowledged,
    ),
    one(
      "xmpp_s2s_stanzas_unacknowledged",
      "gauge",
      "Stanzas written that peers have yet to acknowledge.",
      unacknowledged,
    ),
    one("xmpp_s2s_route_queue_stanzas", "gauge", "Stanzas that wait for a pair to open.", queued),
    one("xmpp_s2s_route_queue_bytes", "gauge", "Bytes that wait for a pair to open.", queuedBytes),
    one("process_resident_memory_bytes", "gauge", "Resident memory.", Deno.memoryUsage().rss),
  ];
}

function gauges(view: ServerView, version: string): Block[] {
  const ends = view.certificates().map(({ names: [local = ""], notAfter }) =>
    [printLabels({ local }), notAfter / 1000] as const
  );
  return [
    {
      name: "xmpp_s2s_certificate_expiry_timestamp_seconds",
      type: "gauge",
      help: "When our certificates end.",
      samples: ends,
    },
    {
      name: "xmpp_s2s_connections",
      type: "gauge",
      help: "Connections now.",
      samples: tally(view.sources.connections.rows()),
    },
    {
      name: "xmpp_s2s_routes",
      type: "gauge",
      help: "Routes now.",
      samples: Object.entries(view.sources.routes.counted().state ?? {})
        .filter(([, count]) => count > 0).map(([state, count]) => [printLabels({ state }), count]),
    },
    { name: "verona_build", type: "info", help: "This build.", samples: [[printLabels({ version }), 1]] },
  ];
}

function tally(connections: Iterable<LiveConnection>): [string, number][] {
  const counts = new Map<string, number>();
  for (const { direction, state } of connections) {
    const labels = printLabels({ direction, state });
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  }
  return [...counts];
}

const SUFFIX = { counter: "_total", gauge: "", info: "_info" } as const;

/** OpenMetrics names the family without its suffix; the older format knows only what is sampled, and no `info`. */
function printBlock({ name, type, help, samples }: Block, format: Exposition): string {
  const sampled = name + SUFFIX[type];
  const [family, kind] = format === "openmetrics"
    ? [name, type]
    : [sampled, type === "info" ? "gauge" : type];
  const lines = samples.map(([labels, value]) => `${sampled}${labels} ${value}\n`);
  return `# TYPE ${family} ${kind}\n# HELP ${family} ${help}\n${lines.join("")}`;
}

function printLabels(labels: Record<string, string>): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  return `{${entries.map(([key, value]) => `${key}="${escape(value)}"`).join(",")}}`;
}

const escape = (value: string) =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
