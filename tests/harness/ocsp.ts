/** OCSP responses (RFC 6960) as a responder makes them: by `openssl ocsp`. */
import { X509Certificate } from "node:crypto";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Identity } from "../peer/wire.ts";
import type { Authority } from "./certificates.ts";

const run = promisify(execFile);
const DAY_MS = 86_400_000;

export interface OcspOptions {
  readonly status?: "good" | "revoked" | "unknown";
  /** Who signs; the issuer itself by default. */
  readonly signer?: Identity;
  /** Of the hashes that name the issuer. */
  readonly hash?: "sha1" | "sha256";
}

/** What is said of `leaf`, which `issuer` issued: from now on, for a day. DER. */
export async function ocspResponse(
  issuer: Authority,
  leaf: Identity,
  { status = "good", signer, hash = "sha1" }: OcspOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir();
  const at = (name: string) => `${folder}/${name}`;
  const { certificate, key } = signer ?? await issuer.self();
  try {
    await Promise.all([
      Deno.writeTextFile(at("ca.pem"), issuer.pem),
      Deno.writeTextFile(at("leaf.pem"), leaf.certificate),
      Deno.writeTextFile(at("signer.pem"), certificate),
      Deno.writeTextFile(at("signer.key"), key),
      Deno.writeTextFile(at("index.txt"), status === "unknown" ? "" : index(leaf, status)),
    ]);
    const asked = [`-${hash}`, "-issuer", at("ca.pem"), "-cert", at("leaf.pem")];
    await openssl(["ocsp", ...asked, "-no_nonce", "-reqout", at("request")]);
    const responder = ["-index", at("index.txt"), "-CA", at("ca.pem"), "-ndays", "1"];
    const signing = ["-rsigner", at("signer.pem"), "-rkey", at("signer.key")];
    await openssl(["ocsp", ...responder, ...signing, "-reqin", at("request"), "-respout", at("response")]);
    return await Deno.readFile(at("response"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A line of an authority's database, as `openssl ca` keeps it. */
function index({ certificate }: Identity, status: "good" | "revoked"): string {
  const { serialNumber } = new X509Certificate(certificate);
  const time = (ms: number) => new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "").slice(2);
  const [end, then] = [time(Date.now() + 90 * DAY_MS), time(Date.now() - DAY_MS / 2)];
  const revoked = status === "revoked" ? `${then},keyCompromise` : "";
  return `${status === "revoked" ? "R" : "V"}\t${end}\t${revoked}\t${serialNumber}\tunknown\t/CN=leaf\n`;
}

const openssl = (args: string[]) => run("openssl", args);
