/** The private PKI of a test: an anchor, and certificates that are right or wrong in exactly one way. */
import "reflect-metadata"; // @peculiar/x509 needs it and says so only at run time
import * as x509 from "@peculiar/x509";
import type { Identity } from "../peer/wire.ts";

export interface CertificateOptions {
  /** DNS-IDs. */
  readonly names?: readonly string[];
  /** SRV-IDs (RFC 4985), with their service: `_xmpp-server.sender.example`. */
  readonly srvNames?: readonly string[];
  /** xmppAddrs (RFC 6120 13.7.1.4). */
  readonly xmppAddrs?: readonly string[];
  /** Repeated nowhere else: a certificate with a CN and no names proves nothing (TLS-14). */
  readonly commonName?: string;
  readonly usages?: readonly (keyof typeof USAGE)[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** A leaf that claims to be a CA (TLS-13). */
  readonly isCa?: boolean;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** For an authority; leaves have keys of the other kind all the same. */
export const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
type KeyAlgorithm = typeof ALGORITHM | typeof RSA;
const DAY_MS = 86_400_000;
const USAGE = {
  serverAuth: x509.ExtendedKeyUsage.serverAuth,
  clientAuth: x509.ExtendedKeyUsage.clientAuth,
  ocspSigning: x509.ExtendedKeyUsage.ocspSigning,
};

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** A certificate authority: the anchor itself or an intermediate below one. */
export class Authority {
  private constructor(
    readonly certificate: x509.X509Certificate,
    readonly keys: CryptoKeyPair,
    readonly issuer: Authority | null,
    readonly algorithm: KeyAlgorithm = ALGORITHM,
  ) {}

  static async root(name = "Test Root", algorithm: KeyAlgorithm = ALGORITHM): Promise<Authority> {
    const keys = await newKeys(algorithm);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: algorithm,
      notBefore: inDays(-10),
      notAfter: inDays(3650),
      extensions: authorityExtensions(),
    });
    return new Authority(certificate, keys, null, algorithm);
  }

  async intermediate(name = "Test Intermediate"): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: this.algorithm,
      notBefore: inDays(-10),
      notAfter: inDays(1825),
      extensions: authorityExtensions(),
    });
    return new Authority(certificate, keys, this);
  }

  /** A leaf with the intermediates that lead to the anchor, the anchor itself left out. */
  async issue(options: CertificateOptions): Promise<Identity> {
    const keys = await newKeys();
    const leaf = await x509.X509CertificateGenerator.create({
      subject: subject(options),
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      ...leafFields(options),
      signingAlgorithm: this.algorithm,
    });
    return identity([leaf, ...this.#intermediates()], keys);
  }

  /** For `[trust] ca`. */
  get pem(): string {
    return this.certificate.toString("pem");
  }

  /** Its own certificate and key. */
  self(): Promise<Identity> {
    return identity([this.certificate], this.keys);
  }

  #intermediates(): x509.X509Certificate[] {
    return this.issuer === null ? [] : [this.certificate, ...this.issuer.#intermediates()];
  }
}

export async function selfSigned(options: CertificateOptions): Promise<Identity> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject(options),
    keys,
    ...leafFields(options),
  });
  return await identity([certificate], keys);
}

/** The identity without its intermediates (TLS-12). */
export function leafOnly({ certificate, key }: Identity): Identity {
  const end = "-----END CERTIFICATE-----";
  return { certificate: certificate.slice(0, certificate.indexOf(end) + end.length) + "\n", key };
}

export const EXPIRED = { notBefore: inDays(-9), notAfter: inDays(-1) };
export const NOT_YET_VALID = { notBefore: inDays(2), notAfter: inDays(9) };

function newKeys(algorithm: KeyAlgorithm = ALGORITHM): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
}

const subject = ({ commonName, names }: CertificateOptions): string =>
  `CN=${commonName ?? names?.[0] ?? "nobody"}`;

function leafFields(options: CertificateOptions) {
  return {
    signingAlgorithm: ALGORITHM,
    notBefore: options.notBefore ?? inDays(-1),
    notAfter: options.notAfter ?? inDays(90),
    extensions: leafExtensions(options),
  };
}

function leafExtensions(
  { names = [], srvNames = [], xmppAddrs = [], usages = ["serverAuth", "clientAuth"], isCa = false }:
    CertificateOptions,
) {
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(isCa, undefined, true),
    new x509.KeyUsagesExtension(
      x509.KeyUsageFlags.digitalSignature | (isCa ? x509.KeyUsageFlags.keyCertSign : 0),
      true,
    ),
  ];
  if (usages.length > 0) extensions.push(new x509.ExtendedKeyUsageExtension(usages.map((one) => USAGE[one])));
  const presented = [
    ...names.map((name) => tlv(0x82, utf8(name))),
    ...srvNames.map((name) => otherName(7, tlv(0x16, utf8(name)))),
    ...xmppAddrs.map((name) => otherName(5, tlv(0x0c, utf8(name)))),
  ];
  if (presented.length > 0) {
    extensions.push(new x509.Extension(SUBJECT_ALT_NAME, false, tlv(0x30, ...presented)));
  }
  return extensions;
}

const SUBJECT_ALT_NAME = "2.5.29.17";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The shortest form, as DER demands (X.690 10.1). */
function derLength(bytes: number): number[] {
  if (bytes < 0x80) return [bytes];
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}

/** DER; the contents of these names stay below 64 KiB. */
function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const inside = contents.flatMap((content) => [...content]);
  return Uint8Array.of(tag, ...derLength(inside.length), ...inside);
}

/** protocol.md 6.5: `[0] { OBJECT IDENTIFIER, [0] EXPLICIT value }`, below 1.3.6.1.5.5.7.8. */
const otherName = (id: number, value: Uint8Array): Uint8Array =>
  tlv(0xa0, Uint8Array.of(0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, id), tlv(0xa0, value));

const authorityExtensions = () => [
  new x509.BasicConstraintsExtension(true, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
];

async function identity(chain: x509.X509Certificate[], keys: CryptoKeyPair): Promise<Identity> {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = x509.PemConverter.encode(pkcs8, "PRIVATE KEY");
  return { certificate: chain.map((one) => one.toString("pem")).join("\n") + "\n", key: `${key}\n` };
}
