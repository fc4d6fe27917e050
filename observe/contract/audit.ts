/** The audit log as JSON: `GET /api/v1/audit`. */
export interface AuditRow {
  readonly id: number;
  readonly at: string;
  /** Null: nobody was named, by a token or a session. */
  readonly role: "viewer" | "operator" | null;
  readonly by: "token" | "session" | null;
  readonly address: string;
  /** `PUT /api/v1/domains/new.example`. */
  readonly what: string;
  /** What was given with it, as JSON; never a secret. */
  readonly detail: string | null;
  /** Of the answer; null: it was begun, and what came of it was never written. */
  readonly status: number | null;
  readonly cause: string | null;
}
