/** The columns that listings have, by table: what `[columns]` may name. A test holds them to the commands' own. */
export const COLUMN_IDS = {
  connections: [
    ...[
      "id",
      "dir",
      "state",
      "local",
      "peer",
      "names",
      "proofs",
      "tls",
      "rtt",
      "age",
      "address",
      "server-names",
    ],
    ...["pairs", "stanzas-in", "stanzas-out", "unacked", "cert", "machine", "stream", "cause"],
  ],
  routes: [
    ...[
      "local",
      "remote",
      "state",
      "send",
      "recv",
      "grounds",
      "until",
      "queued",
      "reason",
      "recheck",
      "bound",
    ],
    ...["failures", "next", "blocked", "bytes"],
  ],
  proofs: ["domain", "prooftype", "state", "target", "connection", "recheck", "until", "age"],
  domains: ["name", "component", "policy", "from", "age"],
} as const satisfies Record<string, readonly string[]>;
