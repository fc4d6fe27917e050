/** One HTTPS GET and what became of it. protocol.md 3.6; `native/src/https.rs`. */

/** Where it goes. Only these addresses are connected to, and the certificate must bear the host's name. */
export interface HttpsGet {
  /** In A-labels. */
  readonly host: string;
  readonly port: number;
  /** With the query, if there is one. */
  readonly path: string;
  readonly addresses: readonly string[];
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** What certificates are dated by, in milliseconds since the epoch. */
  readonly nowMs: number;
}

export type HttpsAnswer =
  | {
    readonly status: number;
    readonly location: string | null;
    /** Of status 200 alone. */
    readonly body: string | null;
  }
  | { readonly error: HttpsFault; readonly why: string };

export type HttpsFault =
  | "request"
  | "connect"
  | "tls"
  | "timeout"
  | "too-large"
  | "protocol"
  | "cancelled"
  | "busy"
  | "internal";
