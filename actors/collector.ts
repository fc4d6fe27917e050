/** Fetches what a verdict needs, as long as it needs something and somebody waits for it. protocol.md 3.2. */
import type { Evidence } from "../policy/judge.ts";
import type { Need, Verdict } from "../policy/decide.ts";

/** What has been fetched so far; null: not asked. */
export type Found = { readonly [N in Need]: Evidence[N] };

/** How each kind of evidence is fetched. They never reject: what fails is in the evidence. */
export type Fetchers = {
  readonly [N in Need]: (found: Found, signal: AbortSignal) => Promise<NonNullable<Evidence[N]>>;
};

export const NOTHING_FOUND: Found = { delegation: null, tlsa: null, posh: null, callback: null };

/**
 * Judges again whenever something has arrived; what is needed at the same time is fetched at the same time.
 *
 * Every kind is fetched at most once. Null when nobody waits for the verdict any more.
 *
 * @param over Says so at once: what is being fetched ends.
 * @param start What is known already.
 */
export async function collect(
  judge: (found: Found) => Verdict,
  fetchers: Fetchers,
  wanted: () => boolean,
  over: AbortSignal,
  start: Found = NOTHING_FOUND,
): Promise<{ readonly verdict: Verdict; readonly found: Found } | null> {
  const running = new Map<Need, Promise<Partial<Found>>>();
  const abort = new AbortController();
  const giveUp = () => abort.abort(UNWANTED);
  over.addEventListener("abort", giveUp, { once: true });
  let found = start;
  try {
    while (wanted()) {
      const verdict = judge(found);
      const missing = verdict.proved ? [] : verdict.needs.filter((need) => found[need] === null);
      if (missing.length === 0) return { verdict, found };
      for (const need of missing) {
        if (!running.has(need)) running.set(need, started(fetchers, need, found, abort.signal));
      }
      const arrived = await Promise.race(missing.map((need) => running.get(need)!)).catch((error) => {
        if (error !== UNWANTED) throw error;
        return {};
      });
      found = { ...found, ...arrived };
    }
    return null;
  } finally {
    over.removeEventListener("abort", giveUp);
    giveUp();
  }
}

/** One for all: making an error costs a stack. */
const UNWANTED = new Error("nobody waits for the evidence any more");

function started(fetchers: Fetchers, need: Need, found: Found, signal: AbortSignal): Promise<Partial<Found>> {
  const fetched = fetchers[need](found, signal).then((evidence) => ({ [need]: evidence }));
  // One that is not needed in the end is aborted, and nobody is there to hear of it.
  fetched.catch(() => {});
  return fetched;
}
