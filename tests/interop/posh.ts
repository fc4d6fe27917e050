/** The web server of a domain that publishes POSH (RFC 7711). */
import { createHash, X509Certificate } from "node:crypto";
import type { Identity } from "../peer/wire.ts";
import type { Lab } from "./lab.ts";

const PATH = "/.well-known/posh/xmpp-server.json";

/** Serves the fingerprints of what is shown at https://`domain` until the lab ends; its A record leads there. */
export async function servePosh(lab: Lab, domain: string, shown: readonly Identity[]): Promise<void> {
  const { hostname, port } = { hostname: lab.world.ip(lab.nextServerOctet()), port: 443 };
  lab.world.zone(domain).set(domain, "A", [hostname]);
  const { certificate: cert, key } = await lab.world.ca.issue({ names: [domain] });
  const fingerprints = shown.map(({ certificate }) => ({
    "sha-256": createHash("sha256").update(new X509Certificate(certificate).raw).digest("base64"),
  }));
  const document = { fingerprints, expires: 3600 };
  const server = Deno.serve(
    { hostname, port, cert, key, onListen() {} },
    (request) =>
      new URL(request.url).pathname === PATH ? Response.json(document) : new Response(null, { status: 404 }),
  );
  lab.defer(() => server.shutdown());
}
