/** Happy eyeballs: the addresses of one priority group are raced, the first TCP connection wins. RFC 8305; protocol.md 5.3. */
import type { Cause } from "../facts/cause.ts";
import { aborted } from "./aborted.ts";
import type { Clock } from "./host.ts";

/** RFC 8305 5: the next attempt begins so much later, or at once when one failed. */
const STAGGER_MS = 250;

/** How one attempt ended. */
export type Lap<W> = { readonly won: W } | { readonly lost: Cause };

/** One attempt. It never rejects, and gives up when it is told to. */
export type Runner<W> = (signal: AbortSignal) => Promise<Lap<W>>;

export interface RaceOptions<W> {
  readonly clock: Clock;
  /** Ends the race: nobody wins any more. */
  readonly signal: AbortSignal;
  /** Lets go of what came in second. */
  readonly discard: (won: W) => void;
}

type News<W> =
  | { readonly is: "runner"; readonly next: IteratorResult<Runner<W>, unknown> }
  | { readonly is: "lap"; readonly of: Promise<News<W>>; readonly lap: Lap<W> }
  | { readonly is: "time" };

/**
 * Runs attempts until one wins; the others end before anybody speaks TLS.
 *
 * @param runners In the order to try. They come one by one, because addresses do.
 * @returns What was won; else the last failure, null when there was nothing to try.
 */
export async function race<W>(
  runners: AsyncIterator<Runner<W>>,
  { clock, signal, discard }: RaceOptions<W>,
): Promise<{ readonly won: W } | { readonly lost: Cause | null }> {
  const abort = new AbortController();
  const running = new Set<Promise<News<W>>>();
  const stopped = aborted(signal);
  let lost: Cause | null = null;
  let coming: Promise<News<W>> | null = runners.next().then((next) => ({ is: "runner", next }));
  let timer: { readonly over: Promise<News<W>>; clear(): void } | null = null;
  let more = true;
  try {
    while (coming !== null || running.size > 0) {
      const awaited = [...running, ...coming === null ? [] : [coming], ...timer === null ? [] : [timer.over]];
      const news: News<W> | null = await Promise.race([stopped.promise, ...awaited]);
      if (news === null) return { lost };
      timer?.clear();
      timer = null;
      if (news.is === "runner") {
        coming = null;
        more = !news.next.done;
        if (news.next.done) continue;
        const of: Promise<News<W>> = news.next.value(abort.signal).then((lap) => ({ is: "lap", of, lap }));
        running.add(of);
        timer = stagger(clock);
        continue;
      }
      if (news.is === "lap") {
        running.delete(news.of);
        if ("won" in news.lap) return news.lap;
        lost = news.lap.lost;
      }
      if (more) coming ??= runners.next().then((next) => ({ is: "runner", next }));
    }
    return { lost };
  } finally {
    timer?.clear();
    stopped.clear();
    abort.abort(null);
    for (const late of running) {
      void late.then((news) => news.is === "lap" && "won" in news.lap && discard(news.lap.won));
    }
  }
}

function stagger<W>(clock: Clock) {
  const { promise, resolve } = Promise.withResolvers<News<W>>();
  const id = clock.setTimeout(() => resolve({ is: "time" }), STAGGER_MS);
  return { over: promise, clear: () => clock.clearTimeout(id) };
}
