/** Our certificates: loaded from files, chosen by name, replaced when the files change. protocol.md 6.3. */
import type { CertificateFiles } from "../config/config.ts";
import type { CertificateFacts } from "../facts/certificate.ts";
import { entries, native } from "./native.ts";
import { certificateFacts, said } from "./trust.ts";

/** All identities of one moment; handshakes under way keep the ones they began with. */
export class Identities {
  /** Of each certificate, in the order of the configuration. */
  readonly facts: readonly CertificateFacts[];
  readonly context: number;

  private constructor(context: number, facts: readonly CertificateFacts[]) {
    this.context = context;
    this.facts = facts;
  }

  /**
   * Loads every pair of files.
   *
   * @param first The name whose certificate is the default (the server's own name).
   * @throws {Error} naming the file, what is wrong with it and what to do.
   */
  static load(
    files: readonly CertificateFiles[],
    first: string,
    readText: (path: string) => string,
  ): Identities {
    const loaded = files.map((file) => ({ file, pem: read(file, readText), facts: leaf(file, readText) }));
    const own = loaded.findIndex(({ facts }) => names(facts, first));
    if (own > 0) loaded.unshift(...loaded.splice(own, 1));
    const blob = entries(loaded.map(({ pem }) => new TextEncoder().encode(pem)));
    const words = new Uint8Array(1024);
    const context = native().context_new(blob, blob.length, words, words.length);
    blob.fill(0); // the keys in it
    if (context < 0) {
      const [, n, why] = /^(\d+): (.*)$/s.exec(said(words)) ?? [];
      const file = loaded[Number(n)]?.file;
      throw new Error(
        `Cannot use the certificate ${file?.chain} with the key ${file?.key}: ${why ?? said(words)}`,
      );
    }
    return new Identities(context, loaded.map(({ facts }) => facts));
  }

  /** Once nothing new will use it. */
  free(): void {
    native().context_free(this.context);
  }
}

function read(file: CertificateFiles, readText: (path: string) => string): string {
  const text = (path: string) => {
    try {
      return readText(path);
    } catch (error) {
      throw new Error(`Cannot read ${path}: ${(error as Error).message}`);
    }
  };
  return `${text(file.chain)}\n${text(file.key)}`;
}

function leaf(file: CertificateFiles, readText: (path: string) => string): CertificateFacts {
  const [, base64] =
    /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(read(file, readText)) ?? [];
  if (base64 === undefined) throw new Error(`Cannot use ${file.chain}: it holds no certificate in PEM`);
  const der = Uint8Array.from(atob(base64.replace(/\s/g, "")), (c) => c.charCodeAt(0));
  const facts = certificateFacts(der);
  if (facts === null) throw new Error(`Cannot use ${file.chain}: its certificate is malformed`);
  return facts;
}

function names(facts: CertificateFacts, name: string): boolean {
  const wildcard = `*.${name.slice(name.indexOf(".") + 1)}`;
  return facts.identifiers.some((id) => id.kind === "dns" && (id.name === name || id.name === wildcard));
}
