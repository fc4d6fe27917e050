/** Where a POSH document may be fetched: `https:` and a host name, whoever sends us there. protocol.md 3.6. */
import { parseDomain, toAscii } from "../xmpp/domain.ts";

/** What to connect to and to ask for. */
export interface WebAddress {
  /** In A-labels, without a final dot. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly url: string;
}

const HTTPS_PORT = 443;
/** Of a whole URL: it is kept, and told. */
const MAX_LENGTH = 2048;

/** The address that a redirect or a reference names, as seen from `base`; null when we do not go there. */
export function webAddress(text: string, base?: string): WebAddress | null {
  const url = URL.parse(text, base);
  // An address in place of a name would go past the resolver, and past its filter (SSRF).
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") return null;
  const host = hostName(url.hostname);
  if (host === null) return null;
  const port = url.port === "" ? HTTPS_PORT : Number(url.port);
  url.hash = "";
  if (url.href.length > MAX_LENGTH) return null;
  return { host, port, path: `${url.pathname}${url.search}`, url: url.href };
}

/** URL has made an IPv4 address of whatever may be read as one. */
const IPV4 = /^\d+(\.\d+){3}$/;

function hostName(text: string): string | null {
  if (text.startsWith("[") || IPV4.test(text)) return null;
  try {
    return toAscii(parseDomain(text.replace(/\.$/, "")));
  } catch {
    return null;
  }
}
