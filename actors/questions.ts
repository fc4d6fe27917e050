/** What we asked on one connection, and who waits for the answer: steps 2 and 3 of dialback. XEP-0220; protocol.md 7.4. */
import type { DialbackAnswer, Verdict } from "../xmpp/dialback.ts";
import type { DomainPair } from "../xmpp/domain.ts";

/** `local` asks, `remote` is asked about, `id` is the stream that the key was made for. */
export interface Subject {
  readonly pair: DomainPair;
  readonly id: string;
}

export class Questions {
  readonly #waiting = new Map<string, (verdict: Verdict) => void>();

  /** @returns takes the question back; a later answer is then nobody's. */
  ask(subject: Subject, answered: (verdict: Verdict) => void): () => void {
    const key = keyOf(subject);
    this.#waiting.set(key, answered);
    return () => {
      if (this.#waiting.get(key) === answered) this.#waiting.delete(key);
    };
  }

  /** False when nothing of ours has these addresses and this id (DB-8). */
  answer({ from, to, id, verdict }: DialbackAnswer): boolean {
    const waiting = this.#waiting.get(keyOf({ pair: { local: to.domain, remote: from.domain }, id }));
    waiting?.(verdict);
    return waiting !== undefined;
  }
}

const keyOf = ({ pair, id }: Subject): string => JSON.stringify([pair.local, pair.remote, id]);
