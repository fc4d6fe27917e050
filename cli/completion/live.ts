/** Names that only the running server knows; none where it does not answer at once. console.md 3.7. */
import type { ConnectionRow, DomainRow, RouteRow } from "../../observe/contract.ts";
import { NAMES } from "../answers.ts";
import { Client } from "../client.ts";
import { DEFAULT_CONFIG, foundConfig } from "../find_config.ts";
import { whichServer } from "../which_server.ts";
import type { Live } from "./candidates.ts";
import type { Typed } from "./words.ts";

/** Somebody waits at the prompt. */
const PATIENCE_MS = 1500;
const MOST = 200;

/** They go into a line of a shell as they are. */
const HARMLESS = /^[\p{L}\p{M}\p{N}._:-]+$/u;

export async function liveNames(what: Live, { word, given }: Typed): Promise<readonly string[]> {
  const flag = given.get("--config")?.at(-1);
  const url = given.get("--url")?.at(-1);
  const named = Deno.env.get("VERONA_CONFIG") ? "VERONA_CONFIG" : "found";
  const config = flag ?? foundConfig() ?? DEFAULT_CONFIG;
  // A token of the environment is for a server that somebody named: Tab sends it to none that a file of this folder does.
  const isFound = flag === undefined && named === "found" && config === DEFAULT_CONFIG;
  const onlyFound = isFound && url === undefined && !Deno.env.get("VERONA_URL");
  if (onlyFound && Deno.env.get("VERONA_TOKEN")) return [];
  try {
    const from = flag === undefined ? { configFrom: named } as const : {};
    const client = new Client(whichServer({ config, url, ...from }, "token"));
    const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), PATIENCE_MS));
    const names = await Promise.race([ASK[what](client, HARMLESS.test(word) ? word : ""), late]);
    return [...new Set(names)].filter((name) => HARMLESS.test(name)).sort();
  } catch {
    return []; // no configuration, no token, no server: there are no names
  }
}

const ASK: Readonly<Record<Live, (client: Client, word: string) => Promise<string[]>>> = {
  connection: async (client, word) => {
    const { connections } = await client.ask(NAMES.connections, `/connections?${query("id", word)}`);
    return connections.map(({ id }: ConnectionRow) => id);
  },
  local: async (client, word) => {
    const { domains } = await client.ask(NAMES.domains, `/domains?${query("name", word)}`);
    return domains.filter(({ removed }: DomainRow) => !removed).map(({ name }: DomainRow) => name);
  },
  remote: async (client, word) => {
    const { routes } = await client.ask(NAMES.routes, `/routes?${query("remote", word)}`);
    return routes.map(({ remote }: RouteRow) => remote);
  },
};

const query = (field: string, word: string) =>
  new URLSearchParams({ limit: String(MOST), q: word === "" ? "" : `${field}:${word}*` });
