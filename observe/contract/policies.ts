/** What single peers must prove: `GET /api/v1/policy`. */
export interface PeerPolicyRow {
  readonly remote: string;
  readonly proof: string;
  readonly origin: "file" | "run time";
  /** What holds again when it is taken back; null: what holds for every peer. */
  readonly inFile: string | null;
  /** When it was set at run time; null: by the file, or by a version of Verona that did not write it down. */
  readonly since: string | null;
}

export interface PeerPolicyList {
  readonly policies: readonly PeerPolicyRow[];
  readonly total: number;
}
