/** The DNS lab of tests/dnslab as a fixture: servers on a subnet of their own, and answers damaged on the way. */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { Resolver, type ResolverLimits, type ResolverSettings } from "../../dnssec/resolver.ts";
import type { RecordType, Security } from "../../facts/dns.ts";
import "../harness/surroundings.ts";

const LAB = fileURLToPath(new URL("../dnslab/", import.meta.url));
const AUTHORITATIVE_PORT = 5300;
const RESOLVER_PORT = 5353;
const utf8 = new TextDecoder();

/** A question of the lab's table and what a correct validator says (tests/dnslab/expect.py). */
export interface Case {
  readonly name: string;
  readonly type: RecordType;
  readonly state: Security;
  readonly kind: "NOERROR" | "NODATA" | "NXDOMAIN" | "";
  readonly why: string;
}

/** A damaged answer and the states that are acceptable (tests/dnslab/faults.py). */
export interface Fault {
  readonly id: string;
  readonly name: string;
  readonly type: RecordType;
  readonly allow: readonly Security[];
  readonly rules: Rules;
  readonly seconds: number;
}

export type Rules = readonly {
  readonly name: string;
  readonly type: string;
  readonly do: readonly Readonly<Record<string, unknown>>[];
}[];

/** What the other validators said in this run. */
export interface Said {
  readonly state: Security;
  readonly ok: boolean;
}

export interface OracleRow {
  readonly id?: string;
  readonly name: string;
  readonly type: string;
  readonly delv: Said;
  readonly unbound: Said;
  readonly named?: Said;
}

export class Lab implements AsyncDisposable {
  private constructor(readonly directory: string, readonly subnet: string) {}

  /** @param index Keeps the labs of one process apart. */
  static async start(index: number): Promise<Lab> {
    const directory = await Deno.makeTempDir({ prefix: "verona-dnslab-" });
    // Process and index give the subnet, so labs of other runs do not meet (127.0.0.0/8 is all loopback).
    const subnet = `127.${192 + Deno.pid % 60}.${(Math.floor(Deno.pid / 60) * 8 + index) % 250 + 1}`;
    const lab = new Lab(directory, subnet);
    await lab.run("--subnet", subnet, "--named-port", `${await freePort()}`, "build");
    await lab.run("start");
    return lab;
  }

  settings(witness = true): ResolverSettings {
    const servers = [{ ip: `${this.subnet}.53`, port: RESOLVER_PORT }];
    return { servers, trustAnchor: `${this.directory}/root.key`, witness };
  }

  async tables(): Promise<{ cases: readonly Case[]; faults: readonly Fault[] }> {
    return JSON.parse(await this.run("expect"));
  }

  /** unbound, named and delv on the same questions (`check`) or the same damage (`faults`). */
  async oracle(command: "check" | "faults"): Promise<readonly OracleRow[]> {
    const file = `${this.directory}/${command}.json`;
    await this.run(command, "--json", file);
    return JSON.parse(await Deno.readTextFile(file));
  }

  mutator(octet = 70): Promise<Mutator> {
    const servers = { TLD: `${this.subnet}.2`, LEAF: `${this.subnet}.3` };
    return Mutator.start(
      this.directory,
      `${this.subnet}.${octet}`,
      `${this.subnet}.53:${RESOLVER_PORT}`,
      servers,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("stop");
    await Deno.remove(this.directory, { recursive: true });
  }

  async run(...args: string[]): Promise<string> {
    const command = new Deno.Command("python3", { args: [`${LAB}lab.py`, "--dir", this.directory, ...args] });
    const { success, stdout, stderr } = await command.output();
    if (!success) throw new Error(`lab.py ${args.join(" ")}: ${utf8.decode(stdout)}${utf8.decode(stderr)}`);
    return utf8.decode(stdout);
  }
}

/** tests/dnslab/mutate.py between us and a resolver: damages what the rules name. */
export class Mutator implements AsyncDisposable {
  private constructor(
    readonly ip: string,
    readonly port: number,
    private readonly file: string,
    private readonly servers: Readonly<Record<string, string>>,
    private readonly child: Deno.ChildProcess,
  ) {}

  static async start(
    directory: string,
    ip: string,
    upstream: string,
    servers: Readonly<Record<string, string>> = {},
    port = RESOLVER_PORT,
  ): Promise<Mutator> {
    const file = `${directory}/rules-${ip}.json`;
    await Deno.writeTextFile(file, "[]");
    const args = [`${LAB}mutate.py`, "--listen", `${ip}:${port}`, "--upstream", upstream, "--rules", file];
    const child = new Deno.Command("python3", { args, stdout: "piped", stderr: "null" }).spawn();
    if (await firstLine(child.stdout) !== "ready") {
      throw new Error(`mutate.py does not listen on ${ip}:${port}`);
    }
    return new Mutator(ip, port, file, servers, child);
  }

  /** Replaced as a whole: mutate.py reads the file when its time stamp changes. */
  async damage(rules: Rules): Promise<void> {
    let text = JSON.stringify(rules);
    for (const [name, ip] of Object.entries(this.servers)) {
      text = text.replaceAll(`"${name}"`, `"${ip}:${AUTHORITATIVE_PORT}"`);
    }
    await Deno.writeTextFile(`${this.file}.new`, text);
    await Deno.rename(`${this.file}.new`, this.file);
  }

  settings(lab: { settings(witness?: boolean): ResolverSettings }, witness = true): ResolverSettings {
    return { ...lab.settings(witness), servers: [{ ip: this.ip, port: this.port }] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill();
    await this.child.status;
  }
}

/** The whole line, or a closed pipe would end the writer in the middle of it. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let line = "";
  for await (const chunk of stream) {
    line += utf8.decode(chunk);
    if (line.includes("\n")) break;
  }
  return line.trim();
}

/** One rule: `name` and `type` are answered after the operations. */
export function rule(name: string, type: string, ...operations: Rules[number]["do"]): Rules {
  return [{ name, type, do: operations }];
}

/** Runs with a resolver that is closed afterwards. */
export async function resolving<T>(
  settings: ResolverSettings,
  limits: ResolverLimits,
  act: (resolver: Resolver) => Promise<T>,
): Promise<T> {
  await using resolver = new Resolver(settings, limits);
  return await act(resolver);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
