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

/** What becomes of a connection, each once and in this order. */
export interface Ends {
  /** Its last question has let go. */
  readonly unused: () => void;
  /** It is closed. */
  readonly gone: () => void;
}

export class VerifyConnection {
  readonly outcome: Promise<LinkOutcome>;
  readonly #abort = new AbortController();
  readonly #ends: Ends;
  #shell: OutboundShell | null = null;
  #failed = false;
  #questions = 0;

  /**
   * @param dial Never rejects.
   */
  constructor(dial: (signal: AbortSignal) => Promise<LinkOutcome>, ends: Ends) {
    this.#ends = ends;
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
    if (!outcome.ready) this.#failed = true;
    else if (this.#abort.signal.aborted) outcome.shell.close("dialback.done");
    else this.#shell = outcome.shell;
    return outcome;
  }

  #left(): void {
    if (--this.#questions > 0) return;
    this.#abort.abort(null); // a reason of its own would cost a stack
    this.#shell?.close("dialback.done");
    this.#ends.unused();
    void this.#gone().then(this.#ends.gone);
  }

  /** The peer may take its time to answer our closing tag. */
  async #gone(): Promise<void> {
    const outcome = await this.outcome;
    if (outcome.ready) await outcome.shell.ended;
  }
}
