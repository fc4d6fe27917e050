/** A bound on waiting for something that another process must do. */

/** Generous, since the machine may be busy; a green run never waits this long. */
export const PATIENCE_MS = Number(Deno.env.get("VERONA_TEST_PATIENCE_MS") ?? 15_000);

export interface Deadline {
  /** Settles as `promise` does, or rejects when the time is over. */
  race<T>(promise: Promise<T>): Promise<T>;
  clear(): void;
}

/** Starts a deadline; `waitingFor` is what its error says did not happen. */
export function deadline(
  waitingFor: string,
  ms: number = PATIENCE_MS,
  detail: () => string = () => "",
): Deadline {
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {}); // nobody may be racing when it strikes
  const timer = setTimeout(
    () => over.reject(new Error(`Waited ${ms} ms for ${waitingFor}${detail()}`)),
    ms,
  );
  return { race: (promise) => Promise.race([promise, over.promise]), clear: () => clearTimeout(timer) };
}

/** Waits for `promise` at most `ms`. */
export async function within<T>(promise: Promise<T>, waitingFor: string, ms?: number): Promise<T> {
  const limit = deadline(waitingFor, ms);
  try {
    return await limit.race(promise);
  } finally {
    limit.clear();
  }
}
