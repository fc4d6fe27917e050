/**
 * From SRV targets, or from where one of them sends us, to one TCP connection: addresses looked up, priority group by
 * priority group raced. protocol.md 5.2, 5.3.
 */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target, TargetAddresses } from "../facts/delegation.ts";
import type { Subject } from "../facts/event.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { tlsaFailure } from "../policy/dane.ts";
import type { Entry } from "../policy/ladder.ts";
import type { Connection } from "../wire/connection.ts";
import { dial } from "../wire/dial.ts";
import type { ServerContext } from "./context.ts";
import { Elsewhere } from "./elsewhere.ts";
import { machineOf } from "./links.ts";
import { race, type Runner } from "./race.ts";

/** Where one machine listens, and what is published of its certificates. */
export interface Place {
  /** The answer that its addresses are from. */
  readonly found: TargetAddresses;
  /** Of the certificates of the SRV target (3.4). */
  readonly tlsa: readonly EndpointTlsa[];
  /** Of its own, when it is not that target: these refuse, and never prove. */
  readonly own: readonly EndpointTlsa[];
}

/** One machine to dial on behalf of an entry: its target, or where that sends us. */
export interface Way {
  readonly entry: Entry;
  readonly machine: Target;
}

/** One address of it. No answer about it has failed. */
export interface Contact extends Way, Place {
  readonly address: string;
}

/** TCP is there. */
export interface Reached extends Contact {
  readonly connection: Connection;
  /** From the attempt at this address on. */
  readonly elapsedMs: number;
}

/** RFC 8305 3: how long a later target's addresses wait for an earlier one's. */
const RESOLUTION_MS = 50;

/** Which machines there are to dial, and how each is found. Never rejects. */
export interface Whereabouts {
  ways(): Promise<readonly Way[] | Cause>;
  look(machine: Target): Promise<Place>;
}

/** Connects to the first that answers. Never rejects; `lost` is null when there was nothing to try. */
export async function reach(
  server: ServerContext,
  delegation: Delegation,
  entries: readonly Entry[],
  signal: AbortSignal,
  about: Subject,
): Promise<{ readonly won: Reached } | { readonly lost: Cause | null }> {
  const first = entries[0]!;
  // Whoever was sent elsewhere is tried alone: it fell from its own place (policy/ladder.ts).
  const where = first.redirect === null
    ? new AtTargets(server, delegation, entries, about)
    : new Elsewhere(server, delegation, first, first.redirect, about);
  const ways = await where.ways();
  if (typeof ways === "string") return { lost: ways };
  let lost: Cause | null = null;
  for (const group of groups(ways)) {
    const course = new Course(server, where, group, about);
    const { clock } = server.host;
    const discard = ({ connection }: Reached) => connection.drop();
    const outcome = await race(course.runners(), { clock, signal, discard });
    if ("won" in outcome) return outcome;
    lost = outcome.lost ?? course.unaddressed ?? lost;
    if (signal.aborted) break;
  }
  return { lost };
}

/** One address, and no other. Never rejects. */
export async function dialContact(
  server: ServerContext,
  contact: Contact,
  signal: AbortSignal,
  about: Subject,
): Promise<{ readonly won: Reached } | { readonly lost: Cause }> {
  const { clock, trace } = server.host;
  const started = clock.now();
  const dialled = await dial({
    address: contact.address,
    port: contact.machine.port,
    timeoutMs: server.config.limits.connectTimeoutMs,
    signal,
    ...server.connectionOptions("server"),
    // We chose this peer, and it is judged before it may send a stanza.
    frame: server.frameLimits("proven"),
  });
  if (!dialled.connected && dialled.cause === "tcp.descriptors") server.shortage.tell("dial");
  const { host, port } = contact.machine;
  const elapsedMs = clock.now() - started;
  trace?.of(about).step(() => ({
    type: "address.tried",
    detail: { host, address: contact.address, port, elapsedMs },
    ...(dialled.connected ? {} : { cause: dialled.cause }),
  }));
  return dialled.connected
    ? { won: { ...contact, connection: dialled.connection, elapsedMs } }
    : { lost: dialled.cause };
}

/** 5.3: a whole priority group is exhausted before the next one. */
function groups(ways: readonly Way[]): Way[][] {
  const byPriority = Map.groupBy(ways, ({ machine }) => machine.priority);
  return [...byPriority].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** At the machines that DNS names. */
class AtTargets implements Whereabouts {
  readonly #server: ServerContext;
  readonly #delegation: Delegation;
  readonly #entries: readonly Entry[];
  readonly #about: Subject;

  constructor(server: ServerContext, delegation: Delegation, entries: readonly Entry[], about: Subject) {
    this.#server = server;
    this.#delegation = delegation;
    this.#entries = entries;
    this.#about = about;
  }

  ways(): Promise<readonly Way[]> {
    return Promise.resolve(this.#entries.map((entry) => ({ entry, machine: entry.target })));
  }

  async look(target: Target): Promise<Place> {
    const { evidence } = this.#server;
    const asking = { about: this.#about };
    const found = await evidence.addresses(target.host, asking);
    return { found, tlsa: [await evidence.endpointTlsa(this.#delegation, target, found, asking)], own: [] };
  }
}

class Course {
  /** Why a machine had no address to try. */
  unaddressed: Cause | null = null;
  readonly #server: ServerContext;
  readonly #where: Whereabouts;
  readonly #group: readonly Way[];
  readonly #about: Subject;

  constructor(server: ServerContext, where: Whereabouts, group: readonly Way[], about: Subject) {
    this.#about = about;
    this.#server = server;
    this.#where = where;
    this.#group = group;
  }

  /** Machine by machine as their weights drew them; one whose addresses are late comes last. */
  async *runners(): AsyncGenerator<Runner<Reached>> {
    const asked = this.#group.map((way) => ({ way, place: this.#where.look(way.machine) }));
    const late: typeof asked = [];
    for (const one of asked) {
      if (asked.length > 1 && await this.#isLate(one.place)) late.push(one);
      else yield* this.#contacts(one.way, await one.place);
    }
    for (const { way, place } of late) yield* this.#contacts(way, await place);
  }

  *#contacts(way: Way, place: Place): Generator<Runner<Reached>> {
    const { found, tlsa, own } = place;
    // 3.4 step 4, DAN-6: what nobody can tell may be a mismatch.
    const unanswered = tlsaFailure([...tlsa, ...own]);
    if (unanswered !== null) return void (this.unaddressed = unanswered.cause ?? "dns.bogus");
    if (found.addresses.length === 0) this.unaddressed = found.cause ?? "dns.no-address";
    const addresses = found.addresses.filter((address) => !way.entry.avoid.includes(address));
    let left = addresses.length;
    for (const address of addresses) {
      yield async (signal) => {
        const contact = { ...way, ...place, address };
        const lap = await dialContact(this.#server, contact, signal, this.#about);
        if ("won" in lap) this.#server.providers.reached(machineOf(way.machine));
        // Who was told to give up has seen nothing.
        else if (!signal.aborted && --left === 0) {
          this.#server.providers.unreached(machineOf(way.machine), lap.lost);
        }
        return lap;
      };
    }
  }

  #isLate(found: Promise<unknown>): Promise<boolean> {
    const { clock } = this.#server.host;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(true), RESOLUTION_MS);
      void found.finally(() => {
        clock.clearTimeout(timer);
        resolve(false);
      });
    });
  }
}
