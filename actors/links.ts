/**
 * Outgoing connections to peers' machines, shared by every pair that they may carry.
 * protocol.md 2.5 I-3, I-6, 2.9, 7.4; section 10 (attempts in progress, connections per target).
 */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Entry, Failure } from "../policy/ladder.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import { printOtherHost } from "../xmpp/other_host.ts";
import type { StreamError } from "../xmpp/stream_error.ts";
import type { ServerContext } from "./context.ts";
import { type OutboundInput, OutboundShell } from "./outbound_stream.ts";
import type { Rest } from "./provider_backoff.ts";
import { Turnstile } from "./turnstile.ts";
import type { VerifyCourse } from "./verify_course.ts";

/** What became of an attempt: the established connection, or why there is none. */
export type LinkOutcome =
  | { readonly ready: true; readonly shell: OutboundShell }
  | {
    readonly ready: false;
    readonly cause: Cause;
    /** By which the peer ended it. */
    readonly error: StreamError | null;
    /** What the machine did that was reached; null when none was. */
    readonly failure: Failure | null;
    /** 8.4: nothing was tried, because all of its machines are left alone for so long. */
    readonly restMs?: number;
  };

/** What one attempt is for; the first pair's domain decides what the certificate may prove. */
export interface LinkRequest {
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  /** In the order to try; one connection is opened. */
  readonly entries: readonly Entry[];
  /** Whether there still is a demand (8.4), asked when its turn has come. */
  readonly wanted: () => boolean;
}

/** A question to the authoritative server of `domain`, on behalf of `local`, whom it asked (7.4). */
export interface VerifyRequest {
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  readonly course: VerifyCourse;
  /** `offered` only under policy `legacy`: TLS where it is possible. */
  readonly tls: "required" | "offered";
}

/** Section 10: attempts in progress per machine; one where the last reached nobody (8.4). */
const PER_MACHINE = 2;

interface Turn {
  /** Whom it is for: one tenant's demand, however many machines it is for, costs another one turn. */
  readonly party: string;
  /** Of those with the same key. */
  readonly most: number;
  readonly wanted: () => boolean;
  /** What it failed of when by its turn nobody wanted it any more. */
  readonly otherwise: Cause;
}

interface Attempt {
  /** Whose name stands in the header of a classic stream. */
  readonly local: Domain;
  readonly outcome: Promise<LinkOutcome>;
  /** Of everybody who waits for it. */
  readonly wanted: (() => boolean)[];
}

export class Links {
  readonly #server: ServerContext;
  /** One attempt at a time per machine and manner of speaking: later pairs wait for the same outcome. */
  readonly #attempts = new Map<string, Attempt>();
  readonly #turns: Turnstile;

  constructor(server: ServerContext) {
    this.#server = server;
    this.#turns = new Turnstile(() => ({
      inside: server.config.limits.outgoingInProgress,
      waiting: Number.POSITIVE_INFINITY, // what waits has stanzas that age
    }));
  }

  /** Opens a connection, or joins the attempt under way. Never rejects. */
  async obtain(request: LinkRequest): Promise<LinkOutcome> {
    const key = keyOf(request);
    const running = this.#attempts.get(key);
    if (running !== undefined) {
      running.wanted.push(request.wanted);
      const joined = await running.outcome;
      // On a classic stream the other one's name stood in the header: what became of it says nothing about ours.
      const own = request.entries[0]!.rung !== "server-name" && running.local !== request.local;
      const serves = joined.ready ? carries(joined.shell, request.domain) : !own;
      return serves ? joined : await this.obtain(request);
    }
    const wanted = [request.wanted];
    const outcome = this.#attempt(request, () => wanted.some((isWanted) => isWanted()))
      .catch((error) => this.#crashed(key, error))
      .finally(() => this.#attempts.delete(key));
    this.#attempts.set(key, { local: request.local, outcome, wanted });
    return await outcome;
  }

  /**
   * Opens a connection of its own for `<db:verify/>`, and lists it with purpose `verify`. Never rejects.
   *
   * One question costs one connection (section 10): once TCP is there, nothing else is tried. The stream is usable right after its
   * features: whoever asked writes, says `requestWritten()`, learns of its end by `ended`, and closes it. `judged` says
   * what the certificate proves.
   *
   * @param signal Nobody waits for the answer any more: the attempt ends.
   */
  async verifyConnection(request: VerifyRequest, signal: AbortSignal): Promise<LinkOutcome> {
    const { local, domain, delegation, tls, course } = request;
    const { entries } = course;
    const reach: OutboundInput["reach"] = (signal, about) => course.reach(signal, about);
    const way = { entries, reach, tlsOptional: tls === "offered" };
    try {
      const input = { purpose: "verify", local, domain, delegation, ...way } as const;
      // Its number is bounded by whoever asks (`verify_connections`, `verify_per_domain`). Which machine strangers have us
      // ask is their choice: it takes nobody's place who has stanzas for it.
      const most = Number.POSITIVE_INFINITY;
      const wanted = () => !signal.aborted;
      const turn = { party: "verify", most, wanted, otherwise: "proof.timeout" } as const;
      const key = `verify ${machineOf(entries[0]!.target)}`;
      return await this.#inTurn(key, turn, () => this.#open(input, signal));
    } catch (error) {
      return this.#crashed(`to verify ${domain}`, error);
    }
  }

  async #attempt(request: LinkRequest, wanted: () => boolean): Promise<LinkOutcome> {
    const free = request.entries.filter((entry) => !this.#isFull(entry, request.domain));
    if (free.length === 0) return failed("limit.outgoing");
    const place = this.#placeOf(free[0]!);
    const machine = machineOf(place);
    const most = this.#server.providers.isSuspect(machine) ? 1 : PER_MACHINE;
    const turn = { party: request.local, most, wanted, otherwise: "route.queue-age" } as const;
    return await this.#inTurn(machine, turn, () => {
      const entries = free.filter((entry) => this.#rest(entry) === null);
      return entries.length > 0
        ? this.#open({ ...request, purpose: "federation", entries })
        : Promise.resolve(resting(free.map((entry) => this.#rest(entry)!)));
    });
  }

  /** One dead machine of a domain holds nobody up while another one is not known to be dead. */
  #rest(entry: Entry): Rest | null {
    return this.#server.providers.rest(machineOf(this.#placeOf(entry)));
  }

  /** Whose limits count: not the machine that only sends us on. */
  #placeOf({ target, redirect }: Entry): Pick<Target, "host" | "port"> {
    if (redirect === null) return target;
    const { to } = redirect;
    const host = to.kind === "domain" ? toAscii(to.domain) : to.ip;
    return { host, port: to.port ?? this.#server.config.dial.port };
  }

  async #open(input: OutboundInput, signal?: AbortSignal): Promise<LinkOutcome> {
    if (this.#server.draining) return failed("server.shutdown");
    if (signal?.aborted) return failed("proof.timeout");
    const shell = new OutboundShell(this.#server, input);
    const giveUp = () => shell.close("proof.timeout");
    signal?.addEventListener("abort", giveUp);
    try {
      const outcome = await shell.outcome;
      return outcome === "established" ? { ready: true, shell } : failed(outcome, shell);
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Section 10: bounded in all and per machine; the others wait, tenant by tenant in turn. */
  async #inTurn(
    key: string,
    { party, most, wanted, otherwise }: Turn,
    work: () => Promise<LinkOutcome>,
  ): Promise<LinkOutcome> {
    const passage = await this.#turns.run(key, most, wanted, work, party);
    return passage.passed ? passage.value : failed(otherwise);
  }

  /** Whether the machine has as many connections as are allowed, of those that this domain could use. */
  #isFull({ target, rung }: Entry, domain: Domain): boolean {
    let open = 0;
    for (const shell of this.#server.shells.values()) {
      if (!(shell instanceof OutboundShell) || shell.row.purpose === "verify") continue;
      if (shell.referral !== null) continue; // it makes room for the one that it sends us to
      const entry = shell.reached?.entry ?? shell.input.entries[0]!;
      const same = (rung === "server-name") === (entry.rung === "server-name") && carries(shell, domain);
      if (same && machineOf(entry.target) === machineOf(target)) open++;
    }
    return open >= this.#server.config.limits.outgoingPerTarget;
  }

  #crashed(what: string, error: unknown): LinkOutcome {
    this.#server.crashed(`link ${what}`, error);
    return failed("server.internal");
  }
}

/**
 * Whether the connection may be asked for this remote domain: a classic stream carries one, and so does a stream between
 * server names whose peer says neither `<errors/>` nor `<dna/>` (2.5 I-3; jabberd2 takes any header).
 */
function carries({ input, reached, row }: OutboundShell, domain: Domain): boolean {
  const { rung } = reached?.entry ?? input.entries[0]!;
  return input.domain === domain || (rung === "server-name" && (row.peerDna || row.peerErrors));
}

/** Machines are told apart by where they listen. */
export function machineOf({ host, port }: Pick<Target, "host" | "port">): string {
  return `${host}:${port}`;
}

/** Pairs with the same key will do with the same connection. */
function keyOf({ entries, domain }: LinkRequest): string {
  const { target, rung, redirect } = entries[0]!;
  const machine = `${machineOf(target)} ${redirect === null ? "" : printOtherHost(redirect.to)}`;
  return rung === "server-name" ? machine : `${machine} ${rung} ${toAscii(domain)}`;
}

/** Until the first of them may be dialled. */
function resting(rests: readonly Rest[]): LinkOutcome {
  const first = rests.reduce((a, b) => b.ms < a.ms ? b : a);
  return { ready: false, cause: first.cause, error: null, failure: null, restMs: first.ms };
}

function failed(cause: Cause, shell?: OutboundShell): LinkOutcome {
  const error = shell?.peerError ?? null;
  const reached = shell?.reached ?? null;
  const failure = shell === undefined || reached === null ? null : {
    entry: reached.entry,
    address: reached.address,
    addresses: reached.found.addresses.length,
    cause,
    condition: error?.condition ?? null,
    unproven: shell.endpoint.verdict?.proved === false,
    takenAsClassic: shell.endpoint.takenAsClassic,
    claimed: shell.claim.state !== "none",
    offersTls: shell.offersTls,
    referral: shell.referral,
  };
  return { ready: false, cause, error, failure };
}
