/** What one request may make us do for it, whatever its domain's records say. protocol.md 10 (amplification), LIM-13. */
import { failedLookup } from "../dnssec/answer.ts";
import type { Ask } from "../dnssec/resolver.ts";
import type { Lookup, RecordType } from "../facts/dns.ts";

/**
 * One question that is put to the resolver, one HTTPS fetch with its redirects, one connection; `dial`: one address that
 * is tried for that connection.
 */
export type Operation = "srv" | "address" | "tlsa" | "https" | "tcp" | "dial";

/** A small request must not become a large attack on others. */
export const WORK_PER_REQUEST: Readonly<Record<Operation, number>> = {
  srv: 2,
  address: 8,
  tlsa: 8,
  https: 1,
  tcp: 1,
  dial: 4,
};

/** Other types are never asked for a request. */
const OPERATION: Partial<Record<RecordType, Operation>> = {
  SRV: "srv",
  A: "address",
  AAAA: "address",
  TLSA: "tlsa",
};

/** Travels with the collecting of one request's evidence. */
export class Budget {
  readonly #left: Record<Operation, number> = { ...WORK_PER_REQUEST };
  readonly #answers = new Map<string, Promise<Lookup>>();

  /** Spends one; false when nothing is left: then it must not be done. */
  take(operation: Operation): boolean {
    if (this.#left[operation] === 0) return false;
    this.#left[operation]--;
    return true;
  }

  /** Nothing left this machine: it has not been done. */
  giveBack(operation: Operation): void {
    this.#left[operation]++;
  }

  /** The resolver as far as this budget goes: a question that was put is not put again, one too many has no answer. */
  limit(ask: Ask): Ask {
    return (name, type, options) => {
      const question = `${type} ${name}`;
      const asked = this.#answers.get(question);
      if (asked !== undefined) return asked;
      const operation = OPERATION[type];
      if (operation === undefined || !this.take(operation)) {
        return Promise.resolve(failedLookup(name, type, "limit.work", "no more is asked for one request", 0));
      }
      const answer = ask(name, type, options);
      this.#answers.set(question, answer);
      return answer;
    };
  }
}
