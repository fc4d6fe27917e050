/** Calls authoritative servers back, within bounds. XEP-0220 2.1.2; protocol.md 7.4, section 10. */
import type { Callback } from "../facts/callback.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import { machineOf } from "./links.ts";
import { OutboundShell } from "./outbound_stream.ts";
import { Unreached } from "./unreached.ts";
import { Verification, type VerifyQuestion } from "./verification.ts";

export type { VerifyQuestion } from "./verification.ts";

export class Verifications {
  readonly #server: ServerContext;
  readonly #unreached: Unreached;
  /** Verify connections by the domain that is asked about. */
  readonly #open = new Map<Domain, number>();
  #total = 0;

  constructor(server: ServerContext) {
    this.#server = server;
    this.#unreached = new Unreached(() => server.host.clock.now());
  }

  /**
   * What the sender's own server says of a key. Never rejects.
   *
   * @param signal Nobody waits any more: what is under way ends.
   */
  async verify(question: VerifyQuestion, signal: AbortSignal): Promise<Callback> {
    const existing = this.#existing(question);
    if (existing !== null) return await this.#run(question, existing, signal);
    const { remote } = question.pair;
    if (!this.#enter(remote)) return busy(question);
    try {
      return await this.#run(question, null, signal);
    } finally {
      this.#leave(remote);
    }
  }

  #run(question: VerifyQuestion, existing: OutboundShell | null, signal: AbortSignal): Promise<Callback> {
    return new Verification(this.#server, question, existing, this.#unreached).run(signal);
  }

  /** Our own connection to the sender's server, while DNS still names that server (7.4). */
  #existing({ pair, delegation }: VerifyQuestion): OutboundShell | null {
    const shell = this.#server.shells.get(this.#server.bindings.sending(pair)?.connection.id ?? "");
    if (!(shell instanceof OutboundShell) || shell.over || shell.ending) return null;
    const machine = machineOf(shell.reached!.entry.target);
    return delegation.targets.some((target) => machineOf(target) === machine) ? shell : null;
  }

  #enter(remote: Domain): boolean {
    const { verifyConnections, verifyPerDomain } = this.#server.config.limits;
    const open = this.#open.get(remote) ?? 0;
    if (this.#total >= verifyConnections || open >= verifyPerDomain) return false;
    this.#open.set(remote, open + 1);
    this.#total++;
    return true;
  }

  #leave(remote: Domain): void {
    const left = this.#open.get(remote)! - 1;
    if (left === 0) this.#open.delete(remote);
    else this.#open.set(remote, left);
    this.#total--;
  }
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
