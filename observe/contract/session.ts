/** Who the page is: `GET|POST|DELETE /api/v1/session`, `POST /api/v1/login-links`. console.md 2.4. */

export type Role = "operator" | "viewer";

/** What `POST /api/v1/session` takes: the code of a log-in link, or a token. The answer sets the cookie. */
export type LogIn = { readonly code: string } | { readonly token: string };

export interface Session {
  readonly role: Role;
  /** Null for a request with a token. */
  readonly expires: string | null;
  readonly epoch: string;
  readonly version: string;
}

/** The answer to `POST /api/v1/login-links` with `{"role": "viewer"}`. */
export interface LogInLink {
  /** `http://127.0.0.1:8711/login#<code>`: works once. */
  readonly url: string;
  readonly role: Role;
  readonly expires: string;
}

/** RFC 9457: every answer that is an error. */
export interface ProblemDocument {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly cause: string;
  readonly hint: string;
}
