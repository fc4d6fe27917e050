/** What of verona.toml a reload (SIGHUP) leaves as it is: it counts at the next start. docs/operating.md. */

/** Sections. */
export const AT_THE_NEXT_START = ["server", "dns", "listen", "dial", "otel", "console"] as const;

/** Keys of `[limits]`, as the file and as the server names them: the resolver has them from the start. */
export const LIMITS_AT_THE_NEXT_START = {
  dns_query_timeout: "dnsQueryTimeoutMs",
  dns_timeout: "dnsTimeoutMs",
} as const;
