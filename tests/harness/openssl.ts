/** The `openssl s_client` command as a second, independent TLS client: what node:tls cannot offer or cannot show. */
import { execFile } from "node:child_process";
import type { Endpoint } from "../peer/peer.ts";

export interface ScanResult {
  /** Whether the handshake completed. */
  readonly connected: boolean;
  readonly output: string;
}

/** STARTTLS as a server towards `host`, with further options of s_client. */
export function scan(
  to: Endpoint,
  host: string,
  options: readonly string[] = [],
  input = "",
): Promise<ScanResult> {
  const given = [
    "s_client",
    "-connect",
    `${to.host}:${to.port}`,
    "-starttls",
    "xmpp-server",
    "-xmpphost",
    host,
  ];
  return new Promise((resolve) => {
    const child = execFile(
      "openssl",
      [...given, ...options],
      { timeout: 15_000 },
      (_error, stdout, stderr) => {
        const output = stdout + stderr;
        resolve({ connected: /^New, TLSv1\.[23], Cipher is (?!\(NONE\))/m.test(output), output });
      },
    );
    child.stdin?.end(input);
  });
}

export interface CertificateRequest {
  readonly sent: boolean;
  /** Names of acceptable CAs in it. */
  readonly authorities: readonly string[];
  readonly transcript: string;
}

/** What the server's CertificateRequest says. */
export async function certificateRequestOf(to: Endpoint, host: string): Promise<CertificateRequest> {
  const { output } = await scan(to, host, ["-msg"]);
  const names =
    /Acceptable client certificate CA names\n((?:.+\n)+?)(?:Client Certificate Types|Requested Signature)/
      .exec(output);
  return {
    sent: /<<< .*CertificateRequest/.test(output),
    authorities: names?.[1]?.trim().split("\n") ?? [],
    transcript: output,
  };
}
