/** Scenes that wait for a feature of ours: `peer scenario direction`. The document calls them "not yet". */
export const WAITING: ReadonlySet<string> = new Set([
  "ejabberd fence out",
  "jabberd2 fence out",
  "prosody fence out",
]);
