/** The web server of one cell's domain: its POSH document over HTTPS that verifies, and everybody who came. */
import net from "node:net";
import { once } from "node:events";
import type { Role } from "./cast.ts";

export const POSH_PATH = "/.well-known/posh/xmpp-server.json";
const HTTPS_PORT = 443;

export interface Web extends AsyncDisposable {
  /** Where a document may be fetched: every request's path. Elsewhere: an entry for every connection. */
  readonly visits: readonly string[];
}

/** Where nothing may be fetched, a bare TCP connection is too much already. */
export function openWeb(role: Role): Promise<Web> {
  return role.expected.asked.posh ? serve(role) : watch(role);
}

function serve({ ip, web, posh }: Role): Promise<Web> {
  const visits: string[] = [];
  const server = Deno.serve(
    { hostname: ip, port: HTTPS_PORT, cert: web.certificate, key: web.key, onListen: () => {} },
    ({ url }) => {
      const { pathname } = new URL(url);
      visits.push(pathname);
      if (pathname !== POSH_PATH || posh === null) return new Response(null, { status: 404 });
      return new Response(posh, { headers: { "content-type": "application/json" } });
    },
  );
  return Promise.resolve({ visits, [Symbol.asyncDispose]: () => server.shutdown() });
}

async function watch({ ip }: Role): Promise<Web> {
  const visits: string[] = [];
  const server = net.createServer((socket) => {
    visits.push("a connection");
    socket.destroy();
  });
  server.listen(HTTPS_PORT, ip);
  await once(server, "listening");
  return {
    visits,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
