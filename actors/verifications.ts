/** Calls authoritative servers back, within bounds. XEP-0220 2.1.2; protocol.md 7.4, section 10. */
import type { Callback } from "../facts/callback.ts";
import { type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import { aborted } from "./aborted.ts";
import type { ServerContext } from "./context.ts";
import { machineOf } from "./links.ts";
import { OutboundShell } from "./outbound_stream.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { Unreached } from "./unreached.ts";
import { type Dial, Verification, type VerifyQuestion } from "./verification.ts";
import { borrow, type Lease, VerifyConnection } from "./verify_connection.ts";
import { type Place, VerifyPlaces } from "./verify_places.ts";

export type { VerifyQuestion } from "./verification.ts";

export class Verifications {
  readonly #server: ServerContext;
  readonly #unreached: Unreached;
  readonly #running = new Set<Verification>();
  /** By the pair that asks on them. */
  readonly #connections = new Map<PairKey, VerifyConnection>();
  readonly #places: VerifyPlaces;
  /** Pairs with a question that is finding its way to a connection of its own. */
  readonly #coming = new Map<PairKey, Promise<void>>();

  constructor(server: ServerContext) {
    this.#server = server;
    this.#places = new VerifyPlaces(() => {
      const { verifyConnections, verifyPerDomain } = server.config.limits;
      return { inAll: verifyConnections, perDomain: verifyPerDomain };
    });
    this.#unreached = new Unreached(() => server.host.clock.now());
  }

  all(): Iterable<Verification> {
    return this.#running;
  }

  /**
   * What the sender's own server says of a key. Never rejects.
   *
   * @param signal Nobody waits any more: what is under way ends.
   */
  async verify(question: VerifyQuestion, signal: AbortSignal): Promise<Callback> {
    const { pair } = question;
    const coming = this.#coming.get(pairKey(pair));
    if (coming !== undefined) await either(coming, signal);
    const lease = this.#lease(question);
    if (lease !== null) return await this.#run(this.#question(question, lease), signal);
    let mine: VerifyConnection | null = null;
    const place = this.#places.take(pair.remote, question.asker, () => {
      if (mine !== null) return mine.displace();
      place!.leave();
      verification.displace();
    });
    if (place === null) return busy(question);
    const arrive = this.#comes(pair);
    const verification = this.#question(question, (dial) => {
      mine = this.#opened(pair, dial, place);
      arrive();
      return mine.join();
    });
    try {
      return await this.#run(verification, signal);
    } finally {
      arrive();
      if (mine === null) place.leave();
    }
  }

  /**
   * Questions of the same pair wait for this one.
   *
   * @returns Tells them that its connection is being opened, or will not be: then each goes for itself.
   */
  #comes(pair: DomainPair): () => void {
    const key = pairKey(pair);
    const { promise, resolve } = Promise.withResolvers<void>();
    if (!this.#coming.has(key)) this.#coming.set(key, promise);
    return () => {
      if (this.#coming.get(key) === promise) this.#coming.delete(key);
      resolve();
    };
  }

  #question(question: VerifyQuestion, way: Lease | ((dial: Dial) => Lease)): Verification {
    return new Verification(this.#server, question, way, this.#unreached);
  }

  async #run(verification: Verification, signal: AbortSignal): Promise<Callback> {
    this.#running.add(verification);
    try {
      return await verification.run(signal);
    } finally {
      this.#running.delete(verification);
    }
  }

  #opened(pair: DomainPair, dial: Dial, place: Place): VerifyConnection {
    const key = pairKey(pair);
    const connection = new VerifyConnection(dial, (gone) => {
      place.leave(gone);
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    this.#connections.set(key, connection);
    return connection;
  }

  /** A connection between the two domains that is there, or just being opened. */
  #lease(question: VerifyQuestion): Lease | null {
    const existing = this.#existing(question);
    if (existing !== null) return borrow(existing);
    const running = this.#connections.get(pairKey(question.pair));
    return running?.open ? running.join() : null;
  }

  /** Our own connection to the sender's server, while DNS still names that server (7.4). */
  #existing({ pair, delegation }: VerifyQuestion): OutboundShell | null {
    const { shells, bindings } = this.#server;
    const shell = shells.get(bindings.sending(pair)?.connection.id ?? "") ?? this.#asking(pair);
    if (!(shell instanceof OutboundShell) || shell.over || shell.ending) return null;
    const machine = machineOf(shell.reached!.entry.target);
    return delegation.targets.some((target) => machineOf(target) === machine) ? shell : null;
  }

  /**
   * Where we wait to be let in ourselves: the peer answers questions about its keys without authorisation (DB-10), and may
   * answer our request only when its own is (docs/decisions/0172).
   */
  #asking(pair: DomainPair): S2sShell | null {
    const shell = this.#server.routes.get(pair)?.asking ?? null;
    if (shell === null || shell.connection.tls === null) return null;
    const { mode, local, remote } = shell.row;
    return mode === "classic" && local === pair.local && remote === pair.remote ? shell : null;
  }
}

async function either(coming: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = aborted(signal);
  await Promise.race([coming, over.promise]);
  over.clear();
}

/** As many are asked already as may be. */
function busy({ delegation, streamId }: VerifyQuestion): Callback {
  return {
    outcome: "busy",
    security: delegation.security,
    secure: false,
    certificate: { state: "absent" },
    streamId,
    server: null,
    cause: "limit.verifications",
  };
}
