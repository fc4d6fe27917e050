/** Somebody waits, and shall not wait for long. */

/** Settles when the work does, however that ends, or when the time is over: what was known before stands then. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
