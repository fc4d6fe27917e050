/** The abort of a signal as something to wait for. */
export function aborted(signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<null>();
  const stop = () => resolve(null);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  return { promise, clear: () => signal.removeEventListener("abort", stop) };
}
