/** From SRV targets to one TCP connection: addresses looked up, priority group by priority group raced. protocol.md 5.2, 5.3. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, TargetAddresses } from "../facts/delegation.ts";
import type { Subject } from "../facts/event.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { tlsaFailure } from "../policy/dane.ts";
import type { Entry } from "../policy/ladder.ts";
import type { Connection } from "../wire/connection.ts";
import { dial } from "../wire/dial.ts";
import type { ServerContext } from "./context.ts";
import { machineOf } from "./links.ts";
import { race, type Runner } from "./race.ts";

/** One address of one target. */
export interface Contact {
  readonly entry: Entry;
  readonly address: string;
  /** The answer that the address is from. */
  readonly found: TargetAddresses;
  /** What is published of the machine's certificates (3.4); none of it failed. */
  readonly tlsa: readonly EndpointTlsa[];
}

/** TCP is there. */
export interface Reached extends Contact {
  readonly connection: Connection;
}

/** RFC 8305 3: how long a later target's addresses wait for an earlier one's. */
const RESOLUTION_MS = 50;

/** Connects to the first that answers. Never rejects; `lost` is null when there was nothing to try. */
export async function reach(
  server: ServerContext,
  delegation: Delegation,
  entries: readonly Entry[],
  signal: AbortSignal,
  about: Subject,
): Promise<{ readonly won: Reached } | { readonly lost: Cause | null }> {
  let lost: Cause | null = null;
  for (const group of groups(entries)) {
    const course = new Course(server, delegation, group, about);
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
    port: contact.entry.target.port,
    timeoutMs: server.config.limits.connectTimeoutMs,
    signal,
    ...server.connectionOptions("server"),
    // We chose this peer, and it is judged before it may send a stanza.
    frame: server.frameLimits("proven"),
  });
  const { target: { host, port } } = contact.entry;
  trace?.of(about).step(() => ({
    type: "address.tried",
    detail: { host, address: contact.address, port, elapsedMs: clock.now() - started },
    ...(dialled.connected ? {} : { cause: dialled.cause }),
  }));
  return dialled.connected
    ? { won: { ...contact, connection: dialled.connection } }
    : { lost: dialled.cause };
}

/** 5.3: a whole priority group is exhausted before the next one. */
function groups(entries: readonly Entry[]): Entry[][] {
  const byPriority = Map.groupBy(entries, ({ target }) => target.priority);
  return [...byPriority].sort(([a], [b]) => a - b).map(([, group]) => group);
}

interface Place {
  readonly found: TargetAddresses;
  readonly tlsa: EndpointTlsa;
}

class Course {
  /** Why a target had no address to try. */
  unaddressed: Cause | null = null;
  readonly #server: ServerContext;
  readonly #delegation: Delegation;
  readonly #group: readonly Entry[];
  readonly #about: Subject;

  constructor(server: ServerContext, delegation: Delegation, group: readonly Entry[], about: Subject) {
    this.#about = about;
    this.#server = server;
    this.#delegation = delegation;
    this.#group = group;
  }

  /** Target by target as their weights drew them; one whose addresses are late comes last. */
  async *runners(): AsyncGenerator<Runner<Reached>> {
    const asked = this.#group.map((entry) => ({ entry, place: this.#look(entry) }));
    const late: typeof asked = [];
    for (const one of asked) {
      if (asked.length > 1 && await this.#isLate(one.place)) late.push(one);
      else yield* this.#contacts(one.entry, await one.place);
    }
    for (const { entry, place } of late) yield* this.#contacts(entry, await place);
  }

  /** Where the machine listens, and what it publishes of its certificates (3.4). */
  async #look({ target }: Entry): Promise<Place> {
    const { evidence } = this.#server;
    const asking = { about: this.#about };
    const found = await evidence.addresses(target.host, asking);
    return { found, tlsa: await evidence.endpointTlsa(this.#delegation, target, found, asking) };
  }

  *#contacts(entry: Entry, { found, tlsa }: Place): Generator<Runner<Reached>> {
    // 3.4 step 4, DAN-6: what nobody can tell may be a mismatch.
    const unanswered = tlsaFailure([tlsa]);
    if (unanswered !== null) return void (this.unaddressed = unanswered.cause ?? "dns.bogus");
    if (found.addresses.length === 0) this.unaddressed = found.cause ?? "dns.no-address";
    const addresses = found.addresses.filter((address) => !entry.avoid.includes(address));
    let left = addresses.length;
    for (const address of addresses) {
      yield async (signal) => {
        const contact = { entry, address, found, tlsa: [tlsa] };
        const lap = await dialContact(this.#server, contact, signal, this.#about);
        if ("won" in lap) this.#server.providers.reached(machineOf(entry.target));
        // Who was told to give up has seen nothing.
        else if (!signal.aborted && --left === 0) {
          this.#server.providers.unreached(machineOf(entry.target), lap.lost);
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
