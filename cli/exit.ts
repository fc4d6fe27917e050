/** Exit codes of every command. console.md 3.2. */
export const EXIT = {
  good: 0,
  /** Only `demo --once`: a step was not seen. */
  notSeen: 1,
  wrongUse: 2,
  couldNotTell: 3,
  broken: 4,
} as const;
