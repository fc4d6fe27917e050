/** Counters made from the same events that the log has, gauges from the tables. OpenMetrics text. console.md 4.1. */
import type { RecordedEvent } from "../facts/event.ts";
import type { ServerView } from "./view.ts";

interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels: (event: RecordedEvent) => Record<string, string> | null;
}

const text = (value: unknown): string => typeof value === "string" ? value : "none";
const of =
  (type: RecordedEvent["type"], labels: (e: RecordedEvent) => Record<string, string>) => (e: RecordedEvent) =>
    e.type === type ? labels(e) : null;

/** Never a remote domain, a connection or an address as a label: those have no bound. */
const FAMILIES: readonly Family[] = [
  {
    name: "xmpp_s2s_connections_opened",
    help: "TCP connections opened or accepted.",
    labels: of("connection.opened", (e) => ({ direction: text(e.detail?.direction) })),
  },
  {
    name: "xmpp_s2s_connections_closed",
    help: "Connections that ended, by cause.",
    labels: (e) =>
      e.type === "connection.closed" || e.type === "connection.failed" ? { cause: e.cause ?? "none" } : null,
  },
  {
    name: "xmpp_s2s_pair_decisions",
    help: "Pairs granted, authorised, denied and revoked.",
    labels: (e) => {
      const [subject, decision] = e.type.split(".");
      return subject === "pair"
        ? { decision: decision!, prooftype: text(e.detail?.prooftype), cause: e.cause ?? "none" }
        : null;
    },
  },
  {
    name: "xmpp_s2s_pair_rechecks",
    help: "Proofs looked at again.",
    labels: of("proof.rechecked", (e) => ({ result: text(e.detail?.outcome) })),
  },
  {
    name: "xmpp_s2s_delegations",
    help: "Delegations resolved, by what DNSSEC said.",
    labels: of(
      "delegation.resolved",
      (e) => ({ security: text(e.detail?.security), cause: e.cause ?? "none" }),
    ),
  },
  {
    name: "xmpp_s2s_stream_errors",
    help: "Stream errors sent and received.",
    labels: of("stream.error", (e) => ({ by: text(e.detail?.by), condition: text(e.detail?.condition) })),
  },
  {
    name: "xmpp_s2s_stanzas_bounced",
    help: "Stanzas answered with an error, by cause.",
    labels: of("stanza.bounced", (e) => ({ cause: e.cause ?? "none" })),
  },
  {
    name: "xmpp_s2s_stanzas_discarded",
    help: "Stanzas dropped, by cause.",
    labels: of("stanza.discarded", (e) => ({ cause: e.cause ?? "none" })),
  },
  {
    name: "verona_actor_crashes",
    help: "Actors that threw: each is a bug.",
    labels: of("actor.crashed", () => ({})),
  },
];

export class Metrics {
  readonly #counts = new Map<Family, Map<string, number>>();

  /** Counts one event. */
  count(event: RecordedEvent): void {
    for (const family of FAMILIES) {
      const labels = family.labels(event);
      if (labels === null) continue;
      const series = printLabels(labels);
      const counts = this.#counts.get(family) ?? new Map<string, number>();
      counts.set(series, (counts.get(series) ?? 0) + 1);
      this.#counts.set(family, counts);
    }
  }

  /** The whole exposition, ending with `# EOF`. */
  print(view: ServerView, version: string): string {
    const counters = FAMILIES.map((family) =>
      block(
        family.name,
        "counter",
        family.help,
        [...this.#counts.get(family) ?? []].map(([series, n]) => `${family.name}_total${series} ${n}`),
      )
    );
    return [...counters, ...gauges(view, version), "# EOF\n"].join("");
  }
}

function gauges(view: ServerView, version: string): string[] {
  const traffic = view.traffic();
  const tally = (rows: Record<string, string>[]) => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(printLabels(row), (counts.get(printLabels(row)) ?? 0) + 1);
    return [...counts];
  };
  const connections = tally(view.connections().map(({ direction, state }) => ({ direction, state })));
  const routes = tally(view.routes().map(({ state }) => ({ state })));
  const one = (name: string, help: string, value: number) => block(name, "gauge", help, [`${name} ${value}`]);
  return [
    block("xmpp_s2s_connections", "gauge", "Connections now.", series("xmpp_s2s_connections", connections)),
    block("xmpp_s2s_routes", "gauge", "Routes now.", series("xmpp_s2s_routes", routes)),
    one("xmpp_s2s_route_queue_stanzas", "Stanzas that wait for a pair to open.", traffic.queued),
    one("xmpp_s2s_route_queue_bytes", "Bytes that wait for a pair to open.", traffic.queuedBytes),
    block("xmpp_s2s_stanzas", "counter", "Stanzas delivered, by direction.", [
      `xmpp_s2s_stanzas_total{direction="in"} ${traffic.stanzasIn}`,
      `xmpp_s2s_stanzas_total{direction="out"} ${traffic.stanzasOut}`,
    ]),
    block("xmpp_s2s_stanzas_unconfirmed", "counter", "Stanzas written to connections that were lost.", [
      `xmpp_s2s_stanzas_unconfirmed_total ${traffic.writtenUnconfirmed}`,
    ]),
    one("process_resident_memory_bytes", "Resident memory.", Deno.memoryUsage().rss),
    block("verona_build", "info", "This build.", [`verona_build_info${printLabels({ version })} 1`]),
  ];
}

const series = (name: string, counts: [string, number][]) =>
  counts.map(([labels, n]) => `${name}${labels} ${n}`);

function block(name: string, type: string, help: string, lines: string[]): string {
  return `# TYPE ${name} ${type}\n# HELP ${name} ${help}\n${lines.map((line) => line + "\n").join("")}`;
}

function printLabels(labels: Record<string, string>): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  return `{${entries.map(([key, value]) => `${key}="${escape(value)}"`).join(",")}}`;
}

const escape = (value: string) =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
