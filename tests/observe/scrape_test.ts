/** What a scrape and the overview look at, counted: neither walks what there may be ten thousand of in one go. console.md 2.3, 4.1. */
import assert from "node:assert/strict";
import { Failures } from "../../observe/failures/failures.ts";
import { HealthDesk } from "../../observe/health_desk.ts";
import { Metrics } from "../../observe/metrics/metrics.ts";
import { OverviewDesk } from "../../observe/overview/desk.ts";
import { Population } from "../../observe/population.ts";
import { Recorder } from "../../observe/recorder.ts";
import { Hub } from "../../observe/socket/hub.ts";
import { Pace } from "../../observe/tables/pace.ts";
import type { ServerView } from "../../observe/view.ts";

const MANY = 10_000;
const KIND = { direction: "in", state: "established", family: "ipv4", count: MANY } as const;

/** A server of very many rows, and how many of each sort were looked at. */
class Counted {
  readonly looks: Record<string, number> = {};
  readonly view: ServerView;

  constructor() {
    const traffic = { in: 0, out: 0 };
    const kinds = { message: 0, presence: 0, iq: 0 };
    this.view = {
      sources: {
        connections: { size: MANY, rows: () => this.#many("connections", { certificate: null }) },
        domains: { size: MANY, rows: () => this.#many("domains", { name: "a.example" }) },
        proofs: { size: MANY, rows: () => this.#many("proofs", { state: "held", expires: null }) },
        routes: { size: MANY, counted: () => ({ state: { authorised: MANY }, reason: {} }) },
        actors: () => this.#many("actors", ["proof", "alive.held"]),
      },
      connectionKinds: () => [KIND],
      components: () => ({ connected: MANY, away: MANY, none: 0 }),
      away: () => this.#many("away", { name: "b.example", since: 1 }),
      traffic: () => ({ bytes: traffic, kinds: { in: kinds, out: kinds }, queuedSince: null }),
      openPairs: () =>
        this.#many("pairs", { local: "a.example", sends: true, receives: false, prooftype: "dane" }),
      certificates: () => this.#many("certificates", { names: ["a.example"], notAfter: 5000 }),
      resolving: () => ({ cached: 0, questions: 0 }),
      readiness: () => Promise.resolve({ ready: true, checks: [] }),
    } as unknown as ServerView;
  }

  *#many<Row>(what: string, row: Row): Iterable<Row> {
    for (let n = 0; n < MANY; n++) {
      this.looks[what] = (this.looks[what] ?? 0) + 1;
      yield row;
    }
  }
}

/** Lets work begin and never go on: what is looked at then was looked at in one go. */
class Standstill extends Pace {
  override slice(): Promise<void> {
    return new Promise(() => {});
  }
}

function desks(view: ServerView, pace: Pace) {
  const now = () => 1000;
  const recorder = new Recorder(now);
  const [health, population] = [new HealthDesk(view), new Population(view, pace)];
  const hub = new Hub((error) => assert.fail(String(error)));
  const parts = { view, recorder, pace, health, population, now, version: "1" };
  return {
    metrics: new Metrics({ ...parts, hub, commit: "none" }),
    overview: new OverviewDesk({ ...parts, failures: new Failures(now) }),
  };
}

Deno.test("scrape: of ten thousand connections, domains, proofs, pairs, certificates and actors none is looked at in one go", async () => {
  const { looks, view } = new Counted();
  const text = await desks(view, new Standstill()).metrics.print("text");
  assert.deepEqual(looks, {});
  assert.match(text, /^xmpp_s2s_connections\{direction="in",state="established",ip_family="ipv4"\} 10000$/m);
  assert.match(text, /^verona_domains\{component="away"\} 10000$/m);
});

Deno.test("scrape: what only a walk tells is walked once, in slices that others get between", async () => {
  const { looks, view } = new Counted();
  const { metrics } = desks(view, new Pace());
  const [text] = await Promise.all([metrics.print("text"), metrics.print("text")]);
  assert.deepEqual(looks, {
    ...{ domains: MANY, pairs: MANY, proofs: MANY, certificates: MANY, actors: MANY },
  });
  assert.match(text, /^xmpp_s2s_pairs\{local="a.example",direction="out",prooftype="dane"\} 10000$/m);
  assert.match(text, /^xmpp_s2s_certificate_expiry_timestamp_seconds\{local="a.example"\} 5$/m);
});

Deno.test("overview: it looks at those components alone that it names", async () => {
  const { looks, view } = new Counted();
  const { totals, attention } = await desks(view, new Standstill()).overview.read("quarter");
  assert.deepEqual(looks, { away: 10 });
  assert.deepEqual([totals.connections, totals.connectionStates.established, totals.components], [
    MANY,
    MANY,
    MANY,
  ]);
  assert.equal(attention.filter(({ kind }) => kind === "component").length, 10);
});
