/** What an operator asked for, as it was done. design.md 2.4. */

interface Pair {
  readonly local: string;
  readonly remote: string;
}

/** `POST /api/v1/routes/:local/:remote/revoke`. */
export interface Revoked {
  readonly revoked: Pair;
  readonly blockMs: number;
  /** Null: it may be asked for again at once. */
  readonly blockedUntil: string | null;
}

/** `POST /api/v1/routes/:local/:remote/lift`. */
export interface Lifted {
  readonly lifted: Pair;
}

/** `POST /api/v1/routes/:local/:remote/recheck`. */
export interface Rechecked {
  readonly rechecked: Pair;
  /** Proofs that are looked at afresh. */
  readonly proofs: number;
  /** It waited after a failure, and is tried now. */
  readonly retried: boolean;
}

export interface BlockRow extends Pair {
  readonly until: string;
}

/** `GET /api/v1/blocks`, the first to end first. */
export interface BlockList {
  readonly blocks: readonly BlockRow[];
  readonly total: number;
}
