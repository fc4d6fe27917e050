/**
 * The frames of `GET /api/v1/ws`, one JSON object each: a socket per tab, everything multiplexed on it by topic.
 * console.md 1.4, 2.3, 6.
 */
import type { ConnectionRow } from "./connections.ts";
import type { DomainRow } from "./domains.ts";
import type { EventRow } from "./events.ts";
import type { ListAnswer } from "./list.ts";
import type { Overview } from "./overview.ts";
import type { ProofRow } from "./proofs.ts";
import type { RouteRow } from "./routes.ts";
import type { ProblemDocument, Role } from "./session.ts";

export interface TableRows {
  connections: ConnectionRow;
  routes: RouteRow;
  proofs: ProofRow;
  domains: DomainRow;
}

export type TableName = keyof TableRows;

/** `trace:c-12`, `trace:sender.example/target.example` (local, remote), or one of the words. A topic is subscribed once. */
export type Topic = TableName | "overview" | "events" | `trace:${string}`;

export type ClientFrame =
  /** Rows `[from, to)` of a table in this order, at most 500; a second one replaces the first. */
  | {
    readonly sub: TableName;
    readonly q?: string;
    readonly sort?: string;
    readonly window: readonly [from: number, to: number];
  }
  | { readonly sub: "overview" }
  /** `after`: the id of the last event seen; what the ring still has since then comes first. */
  | { readonly sub: "events"; readonly after?: string }
  | { readonly sub: `trace:${string}`; readonly after?: string }
  | { readonly unsub: Topic };

/** A table's window. */
export interface TableSnapshot<Name extends TableName = TableName> extends Omit<ListAnswer, "next"> {
  /** As they were asked for: the answer to an older question may still be under way when another is asked. */
  readonly q: string;
  readonly sort: string;
  readonly window: readonly [from: number, to: number];
  readonly rows: readonly Keyed<TableRows[Name]>[];
}

/** A row under the key that patches name it by. */
export interface Keyed<Row> {
  readonly key: string;
  readonly row: Row;
}

/** What changed of the rows in the window; they keep their places until a new snapshot is asked for. */
export interface TablePatch<Name extends TableName = TableName> {
  readonly changed: readonly Keyed<TableRows[Name]>[];
  /** Keys of rows that are there no more, or match no more. */
  readonly gone: readonly string[];
  /** Rows of the whole table that have come since the snapshot. */
  readonly fresh: number;
  readonly all: number;
}

export type ServerFrame =
  /** The first one. */
  | {
    readonly op: "hello";
    readonly epoch: string;
    readonly version: string;
    readonly role: Role;
    /** The id of the newest event. */
    readonly id: string;
  }
  | { readonly op: "snapshot"; readonly topic: TableName; readonly data: TableSnapshot }
  | { readonly op: "snapshot"; readonly topic: "overview"; readonly data: Overview }
  | { readonly op: "patch"; readonly topic: TableName; readonly data: TablePatch }
  /** `id`: `<epoch>-<seq>`, for `after`. */
  | { readonly op: "event"; readonly topic: Topic; readonly id: string; readonly data: EventRow }
  /** Events are missing before the next one: of another start (`restart`), gone from the ring (`cut`), or left out for you (`slow`). */
  | { readonly op: "resync"; readonly topic: Topic; readonly why: "restart" | "cut" | "slow" }
  /** A frame that was not understood, or asks for what is not there; the socket stays. */
  | { readonly op: "problem"; readonly topic: string | null; readonly problem: ProblemDocument };

/** Why the server closes a socket. */
export type CloseCode =
  /** It does not read: more than 1 MiB waits for it. */
  | 4000
  /** Its session ended. */
  | 4001
  /** It sent what is no frame, again and again, or frames too fast. */
  | 4002
  /** The server stops. */
  | 1001
  /** The server failed at it: a bug, told as `actor.crashed`. */
  | 1011;
