/** DNSSEC's algorithms by their usual names. RFC 8624 3.1. */
export const ALGORITHMS: Readonly<Record<number, string>> = {
  5: "RSA/SHA-1",
  7: "RSA/SHA-1",
  8: "RSA/SHA-256",
  10: "RSA/SHA-512",
  13: "ECDSA P-256",
  14: "ECDSA P-384",
  15: "Ed25519",
  16: "Ed448",
};
