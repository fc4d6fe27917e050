/** Our certificates: loaded from files, chosen by name, replaced when the files change. protocol.md 6.3. */
import { createHash } from "node:crypto";
import type { CertificateFiles } from "../config/config.ts";
import type { CertificateFacts } from "../facts/certificate.ts";
import { entries, native } from "./native.ts";
import { certificateFacts, said } from "./trust.ts";

/** All identities of one moment; handshakes under way keep the ones they began with. */
export class Identities {
  /** Of each certificate, the default first; `notAfter` is the earliest of its chain. */
  readonly facts: readonly CertificateFacts[];
  readonly context: number;
  /** Equal when the files hold the same. */
  readonly fingerprint: string;

  private constructor(context: number, facts: readonly CertificateFacts[], fingerprint: string) {
    this.context = context;
    this.facts = facts;
    this.fingerprint = fingerprint;
  }

  /** What {@link fingerprint} would be if they were loaded now; null while a file cannot be read. */
  static fingerprintOf(
    files: readonly CertificateFiles[],
    readText: (path: string) => string,
  ): string | null {
    try {
      return digest(files.map((file) => read(file, readText)));
    } catch {
      return null;
    }
  }

  /** Whether one of the certificates carries this name, itself or by a wildcard. A-label. */
  carries(name: string): boolean {
    return this.facts.some((facts) => names(facts, name));
  }

  /** The same, as a machine's name: SRV-ID and xmppAddr are service domains' (protocol.md 6.5). */
  carriesMachine(name: string): boolean {
    return this.facts.some(({ identifiers }) =>
      names({ identifiers: identifiers.filter(({ kind }) => kind === "dns") }, name)
    );
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
    const loaded = files.map((file) => {
      const pem = read(file, readText);
      return { file, pem, facts: chainFacts(file, pem) };
    });
    const fingerprint = digest(loaded.map(({ pem }) => pem));
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
    return new Identities(context, loaded.map(({ facts }) => facts), fingerprint);
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

/** What the leaf says, ending with the first certificate of its chain that ends. */
function chainFacts(file: CertificateFiles, pem: string): CertificateFacts {
  const chain = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g)];
  if (chain.length === 0) throw new Error(`Cannot use ${file.chain}: it holds no certificate in PEM`);
  const [leaf, ...others] = chain.map(([, base64]) => {
    const facts = certificateFacts(fromBase64(base64!));
    if (facts === null) throw new Error(`Cannot use ${file.chain}: its certificate is malformed`);
    return facts;
  });
  return { ...leaf!, notAfter: Math.min(leaf!.notAfter, ...others.map(({ notAfter }) => notAfter)) };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array(); // no certificate
  }
}

/** Says nothing of the keys in them. */
function digest(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex");
}

function names({ identifiers }: Pick<CertificateFacts, "identifiers">, name: string): boolean {
  const wildcard = `*.${name.slice(name.indexOf(".") + 1)}`;
  return identifiers.some((id) => id.name === name || (id.kind === "dns" && id.name === wildcard));
}
