/**
 * Outgoing connections to peers' machines, shared by every pair that they may carry.
 * protocol.md 2.5 I-3, I-6, 2.9, 7.4; section 10 (attempts in progress, connections per target).
 */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";
import type { HeaderMode } from "../policy/header.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { StreamCondition } from "../xmpp/stream_error.ts";
import type { ServerContext } from "./context.ts";
import { type OutboundInput, OutboundShell, targetKey } from "./outbound_stream.ts";

/** What became of an attempt: the established connection, or why no address gave one. */
export type LinkOutcome =
  | { readonly ready: true; readonly shell: OutboundShell }
  | {
    readonly ready: false;
    readonly cause: Cause;
    /** Of the stream error by which the last peer ended it. */
    readonly condition: StreamCondition | null;
  };

/** What one attempt is for; the first pair's domain decides what the certificate may prove. */
export interface LinkRequest {
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  readonly target: Target;
  readonly mode: HeaderMode;
}

/** A question to the authoritative server of `domain`, on behalf of `local`, whom it asked (7.4). */
export interface VerifyRequest {
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  readonly target: Target;
  readonly address: string;
  readonly addressSecurity: Security;
  /** `offered` only under policy `legacy`: TLS where it is possible. */
  readonly tls: "required" | "offered";
}

type Attempt = Omit<OutboundInput, "address" | "addressSecurity" | "target">;

export class Links {
  readonly #server: ServerContext;
  /** One attempt at a time per machine (and domain, on classic streams): later pairs wait for the same outcome. */
  readonly #attempts = new Map<string, Promise<LinkOutcome>>();
  readonly #waiting: (() => void)[] = [];
  #inProgress = 0;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  /** Opens a connection to `target`, or joins the attempt under way. Never rejects. */
  async obtain(request: LinkRequest): Promise<LinkOutcome> {
    const { mode, target, domain } = request;
    const key = mode === "classic" ? `${targetKey(target)} ${domain}` : targetKey(target);
    for (let running = this.#attempts.get(key); running !== undefined; running = this.#attempts.get(key)) {
      const outcome = await running;
      if (!outcome.ready || carries(outcome.shell, domain)) return outcome;
    }
    const attempt = this.#attempt(request)
      .catch((error) => this.#crashed(key, error))
      .finally(() => this.#attempts.delete(key));
    this.#attempts.set(key, attempt);
    return attempt;
  }

  /**
   * Opens a connection of its own for `<db:verify/>`, and lists it with purpose `verify`. Never rejects.
   *
   * One question costs one connection (section 10): nothing else is tried. The stream is usable right after its
   * features: whoever asked writes, says `requestWritten()`, learns of its end by `ended`, and closes it. `judged` says
   * what the certificate proves.
   *
   * @param signal Nobody waits for the answer any more: the attempt ends.
   */
  async verifyConnection(request: VerifyRequest, signal: AbortSignal): Promise<LinkOutcome> {
    await this.#turn();
    try {
      if (this.#server.draining) return failed("server.shutdown");
      if (signal.aborted) return failed("proof.timeout");
      const shell = new OutboundShell(this.#server, { purpose: "verify", mode: "classic", ...request });
      return await established(shell, signal);
    } catch (error) {
      return this.#crashed(`to verify ${request.domain}`, error);
    } finally {
      this.#left();
    }
  }

  async #attempt(request: LinkRequest): Promise<LinkOutcome> {
    const { local, domain, delegation, target, mode } = request;
    if (this.#open(request) >= this.#server.config.limits.outgoingPerTarget) return failed("limit.outgoing");
    await this.#turn();
    try {
      const attempt = { purpose: "federation", mode, tls: "required", local, domain, delegation } as const;
      return await this.#addresses(attempt, target);
    } finally {
      this.#left();
    }
  }

  /** Address after address (DNS-8): any failure before the stream is established goes on to the next. */
  async #addresses(attempt: Attempt, target: Target): Promise<LinkOutcome> {
    const { addresses, security, cause } = await this.#server.evidence.addresses(target.host);
    let outcome = failed(cause ?? "dns.no-address");
    const deadline = this.#server.host.clock.now() + this.#server.config.limits.connectTotalMs;
    for (const address of addresses) {
      if (this.#server.draining) return failed("server.shutdown");
      if (this.#server.host.clock.now() >= deadline) break;
      const shell = new OutboundShell(this.#server, {
        ...attempt,
        target,
        address,
        addressSecurity: security,
      });
      outcome = await established(shell);
      if (outcome.ready) return outcome;
    }
    return outcome;
  }

  /** Waits until fewer than `outgoing_in_progress` attempts are under way. */
  async #turn(): Promise<void> {
    while (this.#inProgress >= this.#server.config.limits.outgoingInProgress) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#inProgress++;
  }

  #left(): void {
    this.#inProgress--;
    this.#waiting.shift()?.();
  }

  /** Connections of ours to the machine that this domain could use. */
  #open({ target, mode, domain }: LinkRequest): number {
    const key = targetKey(target);
    let open = 0;
    for (const shell of this.#server.shells.values()) {
      if (!(shell instanceof OutboundShell) || shell.row.purpose === "verify") continue;
      if (shell.targetKey === key && shell.input.mode === mode && carries(shell, domain)) open++;
    }
    return open;
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
function carries({ input, row }: OutboundShell, domain: Domain): boolean {
  return input.domain === domain || (input.mode === "server-name" && (row.peerDna || row.peerErrors));
}

const failed = (cause: Cause, condition: StreamCondition | null = null): LinkOutcome => ({
  ready: false,
  cause,
  condition,
});

async function established(shell: OutboundShell, signal?: AbortSignal): Promise<LinkOutcome> {
  const giveUp = () => shell.close("proof.timeout");
  signal?.addEventListener("abort", giveUp);
  try {
    const outcome = await shell.outcome;
    return outcome === "established" ? { ready: true, shell } : failed(outcome, shell.peerError);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}
