/** Whether the files that the configuration names are there and hold what they should. design.md 2.3: all mistakes at once. */
import type { ConfigFile } from "./schema.ts";

type Complain = (path: readonly PropertyKey[], message: string) => void;

/** The system's words without its numbers and calls: "No such file or directory". */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/ \(os error \d+\).*$/s, "");
}

/** Reports what can be seen without a library: whether key and certificate match is for whoever loads them. */
export function checkFiles(file: ConfigFile, readText: (path: string) => string, complain: Complain): void {
  const look = (path: readonly PropertyKey[], name: string, holds: RegExp, what: string) => {
    try {
      if (!holds.test(readText(name))) complain(path, `"${name}" holds no ${what}`);
    } catch (error) {
      complain(path, `"${name}" cannot be read: ${reasonOf(error)}`);
    }
  };
  for (const [i, { chain, key }] of file.certificate.entries()) {
    look(["certificate", i, "chain"], chain, /-----BEGIN CERTIFICATE-----/, "certificate in PEM");
    look(
      ["certificate", i, "key"],
      key,
      /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/,
      "unencrypted private key in PEM",
    );
  }
  for (const name of file.trust.ca.filter((entry) => entry !== "system")) {
    look(["trust", "ca"], name, /-----BEGIN CERTIFICATE-----/, "certificate in PEM");
  }
  if (file.dns.trust_anchor !== "iana") {
    look(["dns", "trust_anchor"], file.dns.trust_anchor, /\bDNSKEY\b/, "root DNSKEY line");
  }
  if (file.server.dialback_secret_file !== "") {
    look(["server", "dialback_secret_file"], file.server.dialback_secret_file, /\S/, "secret");
  }
  if (file.console !== undefined) {
    look(
      ["console", "tls_chain"],
      file.console.tls_chain,
      /-----BEGIN CERTIFICATE-----/,
      "certificate in PEM",
    );
    look(
      ["console", "tls_key"],
      file.console.tls_key,
      /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/,
      "private key in PEM",
    );
  }
}
