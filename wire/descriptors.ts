/** File descriptors: what they do not suffice for is this machine's own shortage, and nobody else's fault. */

/** `EMFILE` and `ENFILE`; Deno has no class of error for them. */
export function isOutOfDescriptors(error: unknown): boolean {
  return /too many open files|os error (23|24)\b/i.test(String(error));
}
