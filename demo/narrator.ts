/** Prints what is seen, for people or as JSON lines, and keeps count. */
import type { Detail } from "../facts/event.ts";
import type { ConnectionRow, RouteRow } from "../observe/contract.ts";
import type { VeronaProcess } from "./server.ts";

/** Something that was seen, by whom, and what shows it. */
export interface Seen {
  /** `originating`, `receiving`, or a component's domain. */
  readonly by: string;
  /** RFC 3339; that of the server's event where one shows it. */
  readonly at: string;
  /** For people: a line each. */
  readonly lines: readonly string[];
  /** For programs. */
  readonly evidence: { readonly [key: string]: Detail };
}

export class Narrator {
  readonly #start = Date.now();
  readonly #json: boolean;
  readonly #missing: string[] = [];
  #seen = 0;
  /** When what was told last happened: milliseconds since the epoch. */
  #toldAt = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** True when every step was seen. */
  get complete(): boolean {
    return this.#missing.length === 0 && this.#seen > 0;
  }

  /** What the script itself does, or tells: never a step. */
  say(text: string): void {
    if (!this.#json) console.log(`\n${text}`);
  }

  /** One step: looked for, then told as it was seen, or as missing. */
  async step<T extends Seen>(id: string, title: string, look: () => Promise<T | null>): Promise<T | null> {
    const seen = await look();
    if (seen === null) this.#missing.push(id);
    else this.#seen++;
    if (this.#json) console.log(JSON.stringify({ step: id, title, seen: seen !== null, ...told(seen) }));
    else this.#print(title, seen);
    return seen;
  }

  #print(title: string, seen: Seen | null): void {
    if (seen === null) return console.log(`   NOT SEEN          ${title}`);
    console.log(`${this.#when(Date.parse(seen.at))}  ${seen.by.padEnd(17)} ${title}`);
    for (const line of seen.lines) console.log(" ".repeat(29) + line);
  }

  /** Since the start; what another one saw before what was told last happened meanwhile. */
  #when(at: number): string {
    if (at < this.#toldAt) return "meanwhile";
    this.#toldAt = at;
    return `${`+${((at - this.#start) / 1000).toFixed(2)}`.padStart(7)} s`;
  }

  /** Both tables of a server as they stand. */
  async tables(server: VeronaProcess): Promise<void> {
    const [connections, routes] = await Promise.all([server.connections(), server.routes()]);
    const { role, name } = server.plan;
    if (this.#json) return console.log(JSON.stringify({ table: role, connections, routes }));
    console.log(`\n${role}: ${name}`);
    print([
      ["connection", "", "peer", "state", "bidi", "tls", "proven for"],
      ...connections.map(connectionRow),
    ]);
    print([["local", "remote", "state", "send", "recv", "proof ends"], ...routes.map(routeRow)]);
  }

  /** Where to look while the servers stay up. @param command How the commands of Verona are called here. */
  async consoles(servers: readonly VeronaProcess[], command: string): Promise<void> {
    const consoles = await Promise.all(
      servers.map(async (server) => ({
        address: server.console,
        link: await server.logInLink(),
        tokenFile: server.tokenFile,
        config: server.configFile,
      })),
    );
    if (this.#json) return console.log(JSON.stringify({ consoles }));
    console.log("\nBoth servers stay up until Ctrl-C. Their consoles (a link works once, the token always):");
    for (const { link, tokenFile } of consoles) console.log(`  ${link}\n    token: ${tokenFile}`);
    const { address, tokenFile, config } = consoles[0]!;
    console.log("\nFrom another terminal:");
    console.log(`  ${command} routes --config ${config}`);
    console.log(`  ${command} explain other-sender.tld target.tld --config ${config}`);
    console.log(`  curl -H "Authorization: Bearer $(cat ${tokenFile})" ${address}/api/v1/routes`);
  }

  /** The sum, last. */
  end(): void {
    const missing = this.#missing;
    if (this.#json) {
      console.log(
        JSON.stringify({
          story: missing.length === 0 ? "complete" : "incomplete",
          seen: this.#seen,
          missing,
        }),
      );
    } else if (missing.length === 0) console.log(`\nAll ${this.#seen} steps were seen.`);
    else console.log(`\n${this.#seen} steps were seen, ${missing.length} were not: ${missing.join(", ")}.`);
  }
}

const told = (seen: Seen | null) => seen ? { by: seen.by, at: seen.at, evidence: seen.evidence } : {};

function connectionRow({ id, direction, remote, state, bidi, tls, delegated }: ConnectionRow): string[] {
  const proven = delegated.map(({ domain, prooftype }) => `${domain} (${prooftype})`).join(", ");
  return [id, direction, remote ?? "", state, bidi ? "yes" : "no", tls?.version ?? "", proven];
}

function routeRow({ local, remote, state, send, recv, expires, reason }: RouteRow): string[] {
  return [local, remote, state, send.join(" "), recv.join(" "), expires?.slice(0, 10) ?? reason ?? ""];
}

function print(rows: readonly string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    console.log(`  ${row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()}`);
  }
}
