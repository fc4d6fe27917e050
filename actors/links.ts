/**
 * Outgoing connections to peers' machines: one per SRV target, shared by every pair that it may carry.
 * protocol.md 2.5 I-3, I-6; section 10 (attempts in progress, connections per target).
 */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import { OutboundShell } from "./outbound_stream.ts";

/** What became of an attempt: the established connection, or why no address of the target gave one. */
export type LinkOutcome =
  | { readonly ready: true; readonly shell: OutboundShell }
  | { readonly ready: false; readonly cause: Cause };

/** What one attempt is for; the first pair's domain decides what the certificate may prove. */
export interface LinkRequest {
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  readonly target: Target;
}

export class Links {
  readonly #server: ServerContext;
  /** One attempt at a time per target: later pairs wait for the same outcome. */
  readonly #attempts = new Map<string, Promise<LinkOutcome>>();
  readonly #waiting: (() => void)[] = [];
  #inProgress = 0;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  /** Opens a connection to `target`, or joins the attempt under way. Never rejects. */
  obtain(request: LinkRequest): Promise<LinkOutcome> {
    const key = `${request.target.host}:${request.target.port}`;
    const running = this.#attempts.get(key);
    if (running !== undefined) return running;
    const attempt = this.#attempt(request, key)
      .catch((error): LinkOutcome => {
        this.#server.crashed(`link ${key}`, error);
        return { ready: false, cause: "server.internal" };
      })
      .finally(() => this.#attempts.delete(key));
    this.#attempts.set(key, attempt);
    return attempt;
  }

  async #attempt(request: LinkRequest, key: string): Promise<LinkOutcome> {
    if (this.#open(key) >= this.#server.config.limits.outgoingPerTarget) {
      return { ready: false, cause: "limit.outgoing" };
    }
    await this.#turn();
    try {
      return await this.#addresses(request);
    } finally {
      this.#inProgress--;
      this.#waiting.shift()?.();
    }
  }

  /** Address after address (DNS-8): any failure before the stream is established goes on to the next. */
  async #addresses({ local, domain, delegation, target }: LinkRequest): Promise<LinkOutcome> {
    const found = await this.#server.evidence.addresses(target.host);
    if (found.addresses.length === 0) return { ready: false, cause: found.cause ?? "dns.no-address" };
    const deadline = this.#server.host.clock.now() + this.#server.config.limits.connectTotalMs;
    let cause: Cause = "dns.no-address";
    for (const address of found.addresses) {
      if (this.#server.draining) return { ready: false, cause: "server.shutdown" };
      if (this.#server.host.clock.now() >= deadline) break;
      const shell = new OutboundShell(this.#server, { local, domain, delegation, target, address });
      const outcome = await shell.outcome;
      if (outcome === "established") return { ready: true, shell };
      cause = outcome;
    }
    return { ready: false, cause };
  }

  /** Waits until fewer than `outgoing_in_progress` attempts are under way. */
  async #turn(): Promise<void> {
    while (this.#inProgress >= this.#server.config.limits.outgoingInProgress) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#inProgress++;
  }

  #open(key: string): number {
    let open = 0;
    for (const shell of this.#server.shells.values()) {
      if (shell instanceof OutboundShell && shell.targetKey === key) open++;
    }
    return open;
  }
}
