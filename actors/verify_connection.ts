/** A connection to the authoritative server of a domain, for all that one pair asks it meanwhile. protocol.md 7.4, DB-21. */
import type { LinkOutcome } from "./links.ts";
import type { OutboundShell } from "./outbound_stream.ts";

/** One question's share of a connection. */
export interface Lease {
  readonly outcome: Promise<LinkOutcome>;
  /** The connection was there before, for other purposes. */
  readonly borrowed: boolean;
  /** The question is answered, or given up. */
  release(): void;
}

/** A share of a connection that nobody closes for the question. */
export function borrow(shell: OutboundShell): Lease {
  return { outcome: Promise.resolve({ ready: true, shell }), borrowed: true, release: () => {} };
}

const DISPLACED: LinkOutcome = {
  ready: false,
  cause: "limit.verifications",
  error: null,
  failure: null,
};

export class VerifyConnection {
  readonly outcome: Promise<LinkOutcome>;
  readonly #abort = new AbortController();
  readonly #unused: (gone: Promise<void>) => void;
  #shell: OutboundShell | null = null;
  #failed = false;
  #displaced = false;
  #questions = 0;

  /**
   * @param dial Never rejects.
   * @param unused Called once: nobody asks on it any more; it is closed when the promise says so.
   */
  constructor(
    dial: (signal: AbortSignal) => Promise<LinkOutcome>,
    unused: (gone: Promise<void>) => void,
  ) {
    this.#unused = unused;
    this.outcome = dial(this.#abort.signal).then((outcome) => this.#dialled(outcome));
  }

  /** Whether one more question may be asked on it. */
  get open(): boolean {
    const shell = this.#shell;
    return !this.#failed && !this.#abort.signal.aborted && (shell === null || !(shell.over || shell.ending));
  }

  join(): Lease {
    this.#questions++;
    let held = true;
    const release = () => {
      if (held) this.#left();
      held = false;
    };
    return { outcome: this.outcome, borrowed: false, release };
  }

  #dialled(outcome: LinkOutcome): LinkOutcome {
    if (this.#displaced) {
      if (outcome.ready) displaced(outcome.shell);
      return DISPLACED;
    }
    if (!outcome.ready) this.#failed = true;
    else if (this.#abort.signal.aborted) outcome.shell.close("dialback.done");
    else this.#shell = outcome.shell;
    return outcome;
  }

  #left(): void {
    if (--this.#questions > 0) return;
    this.#abort.abort(null); // a reason of its own would cost a stack
    if (this.#displaced) return;
    this.#shell?.close("dialback.done");
    this.#unused(this.#gone());
  }

  /** Its place is needed more by somebody else: it ends at once, whatever its server has yet to say. */
  displace(): void {
    this.#displaced = true;
    this.#abort.abort(null);
    if (this.#shell !== null) displaced(this.#shell);
    this.#unused(this.#gone());
  }

  /** The peer may take its time to answer our closing tag. */
  async #gone(): Promise<void> {
    const outcome = await this.outcome;
    if (outcome.ready) await outcome.shell.ended;
  }
}

/** A server that is silent would say nothing to a closing tag either. */
function displaced(shell: OutboundShell): void {
  shell.close("limit.verifications");
  shell.connection.drop();
}
