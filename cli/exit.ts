/** Exit codes of every command. console.md 3.2. */
export const EXIT = {
  good: 0,
  /** Only `demo --once`: a step was not seen. */
  notSeen: 1,
  /** Only where `--fail-on warn` asks for it: it works, with warnings. */
  warned: 1,
  /** Wrong use or configuration: the same words will fail again. */
  wrongUse: 2,
  /** The server cannot be asked, or does not know yet. */
  couldNotTell: 3,
  /** What was looked at is broken. */
  broken: 4,
  /** Ctrl-C, by the shells' convention (128 + 2). */
  interrupted: 130,
  /** A second SIGTERM or Ctrl-C: ended without draining, by the shells' convention (128 + 15). */
  terminated: 143,
} as const;
