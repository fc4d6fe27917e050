/** Which server a command asks, and whose token it shows: flags win over the environment, that over a file that was merely found. design.md 2.3, 2.4. */
import { isAbsolute, normalize } from "node:path";
import type { Config } from "../config/config.ts";
import { pathFault, printConsolePlace } from "../config/console_place.ts";
import { isLoopback } from "../config/loopback.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { DEFAULT_CONFIG } from "./find_config.ts";
import { readConfig } from "./read_config.ts";
import { socketOf } from "./tunnel.ts";
import { isStrangers } from "./whose_file.ts";

/** What the command line says of it. */
export interface ServerOptions {
  readonly config: string;
  /** Who named it, where it was not `--config`. */
  readonly configFrom?: "VERONA_CONFIG" | "found";
  readonly url?: string;
  readonly json?: boolean;
}

export interface WhichServer {
  /** An origin, or "unix:" and the path of a socket. */
  readonly url: string;
  readonly token: string | null;
  /** Authorities of its own certificate. */
  readonly caCerts: readonly string[];
  /** Said where somebody may have meant another one; null where nobody can. */
  readonly note: string | null;
}

type Who = "token" | "anyone";

/**
 * A token goes to no server but its own: VERONA_TOKEN to that of VERONA_URL where there is one, a file's to the
 * address in that file, or to a `--url` that stands beside its `--config` (a tunnel).
 *
 * @param who `anyone`: for what needs no token on loopback; without one that can be read nobody is named.
 */
export function whichServer(
  options: ServerOptions,
  who: Who,
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): WhichServer {
  const stranger = options.configFrom === "found" && options.config === DEFAULT_CONFIG &&
    isThere(DEFAULT_CONFIG) && isStrangers(DEFAULT_CONFIG, env);
  if (stranger && options.url === undefined && !env.VERONA_URL) throw strangersFile();
  const surrounding = env.VERONA_URL ? checkUrl(env.VERONA_URL, "VERONA_URL") : null;
  const { url, by, config: asked } = address(options, surrounding);
  const lent = surrounding === null || isSame(surrounding, url) ? env.VERONA_TOKEN?.trim() || null : null;
  // In clear text only this machine is asked, where nobody has to be named.
  const bare = who === "anyone" && !url.startsWith("https:");
  const byFlag = options.configFrom === undefined;
  const config = asked ?? (byFlag ? readConfig(options.config) : stranger ? null : leniently(options.config));
  const others = config === null || config.listen.console === null ? null : addressOf(config);
  const isIts = asked !== null || (config !== null && (byFlag || (others !== null && isSame(others, url))));
  const own = isIts ? config : null;
  const token = tokenOf({ own, lent, fileFirst: asked !== null && byFlag });
  if (token === null && !bare) throw noToken(url, own, surrounding);
  const differing = [
    ...(surrounding !== null && by !== "VERONA_URL" ? [["VERONA_URL", surrounding] as const] : []),
    ...(others !== null ? [[options.config, others] as const] : []),
  ].filter(([, other]) => !isSame(other, url)).map(([name, other]) => `${name} names ${other}`);
  return {
    url,
    token,
    caCerts: own?.console ? [Deno.readTextFileSync(own.console.tlsChain)] : [],
    note: differing.length === 0 ? null : `note: ${url} is asked (${by}); ${differing.join(", ")}`,
  };
}

interface Address {
  readonly url: string;
  /** Whose word it is. */
  readonly by: string;
  /** The configuration that it stands in. */
  readonly config: Config | null;
}

function address(
  { config: path, configFrom, url }: ServerOptions,
  surrounding: string | null,
): Address {
  if (url !== undefined) return { url: checkUrl(url, "--url"), by: "--url", config: null };
  if (configFrom !== undefined && surrounding !== null) {
    return { url: surrounding, by: "VERONA_URL", config: null };
  }
  if (configFrom === "found" && !isThere(path)) throw noneNamed();
  const config = readConfig(path);
  const by = configFrom === undefined ? `--config ${path}` : configFrom === "found" ? path : configFrom;
  return { url: addressOf(config), by, config };
}

/** A file that nobody named need not be there, nor be right. */
export function leniently(path: string): Config | null {
  try {
    return readConfig(path);
  } catch (error) {
    if (error instanceof CommandFault) return null;
    throw error;
  }
}

interface Tokens {
  readonly own: Config | null;
  readonly lent: string | null;
  /** The file was named by flag: its operator's token wins over one that lies around. */
  readonly fileFirst: boolean;
}

/** The operator's token if we may read it, else the viewer's. */
function tokenOf({ own, lent, fileFirst }: Tokens): string | null {
  const file = (name: string) => own === null ? null : readIfMay(`${own.server.dataDir}/${name}`);
  if (lent !== null && !fileFirst) return lent;
  return file("console.token") ?? lent ?? file("viewer.token");
}

function readIfMay(path: string): string | null {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whoever asks a server that runs needs no configuration here. */
function noneNamed(): CommandFault {
  return new CommandFault(
    EXIT.wrongUse,
    "Nothing says which server to ask: no --config, no --url, no VERONA_URL, and no verona.toml is found here",
    "--config FILE names the server's own file; from elsewhere --url or VERONA_URL names its console, with VERONA_TOKEN",
  );
}

function strangersFile(): CommandFault {
  return new CommandFault(
    EXIT.wrongUse,
    `The ${DEFAULT_CONFIG} of this folder is another user's: the token is not shown to the address in it`,
    `name it with --config ${DEFAULT_CONFIG} if it is meant`,
  );
}

function noToken(url: string, own: Config | null, surrounding: string | null): CommandFault {
  if (own !== null) {
    return new CommandFault(
      EXIT.couldNotTell,
      `Cannot read the token in ${own.server.dataDir}/console.token`,
      "the server makes it at its first start; run this as the server's user, or set VERONA_TOKEN",
    );
  }
  const hers = surrounding === null || isSame(surrounding, url) ? "" : `; VERONA_TOKEN is for ${surrounding}`;
  return new CommandFault(
    EXIT.wrongUse,
    `There is no token for ${url}${hers}`,
    "set VERONA_TOKEN (and VERONA_URL to the same server), or name that server's configuration with --config",
  );
}

/** Whether two origins are one server: `localhost` is either address that it stands for. */
function isSame(one: string, other: string): boolean {
  if (socketOf(one) !== null || socketOf(other) !== null) return one === other;
  const [a, b] = [new URL(one), new URL(other)];
  const [host, its] = [hostOf(a), hostOf(b)];
  const local = (name: string, address: string) =>
    name === "localhost" && ["127.0.0.1", "::1"].includes(address);
  return a.protocol === b.protocol && a.port === b.port &&
    (host === its || local(host, its) || local(its, host));
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[(.*)\]$/, "$1");

function checkUrl(text: string, by: string): string {
  const path = socketOf(text);
  if (path !== null) return checkSocket(path, by);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new CommandFault(
      EXIT.wrongUse,
      `${by}: "${text}" is not a URL such as http://127.0.0.1:8711, or a socket such as unix:/run/verona/console.sock`,
    );
  }
  if (url.protocol === "http:" && !isLoopback(hostOf(url))) {
    throw new CommandFault(
      EXIT.wrongUse,
      `${by}: ${url.origin} would see the token in clear text`,
      "use https, or a tunnel to loopback",
    );
  }
  return url.origin;
}

function checkSocket(path: string, by: string): string {
  const fault = isAbsolute(path) ? pathFault(path) : `"${path}" is not the absolute path of a socket`;
  if (fault !== null) throw new CommandFault(EXIT.wrongUse, `${by}: ${fault}`);
  return printConsolePlace({ path: normalize(path) });
}

function addressOf({ listen, console }: Config): string {
  if (listen.console === null) {
    throw new CommandFault(EXIT.wrongUse, "listen.console is off: the server cannot be asked", "set it");
  }
  if ("path" in listen.console) return printConsolePlace(listen.console);
  const { host, port } = listen.console;
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${console === null ? "http" : "https"}://${
    reached.includes(":") ? `[${reached}]` : reached
  }:${port}`;
}
