/** Scenes that wait for a feature of ours: `peer scenario direction`. The document calls them "not yet". */
export const WAITING: ReadonlySet<string> = new Set([]);
