/**
 * Test vector C.3 of docs/protocol.md as a zone, byte for byte, below a signed root that vouches for it with the DS of
 * the vector; one knotd serves both. There is no zone for `example.`, so a validator that walks the labels finds an
 * empty non-terminal there. knotd only serves signatures of a zone whose SOA has one, hence that of no meaning.
 */
import { type ResolverSettings } from "../../dnssec/resolver.ts";
import { freePort, Mutator } from "./lab.ts";
import "../harness/surroundings.ts";

const DS =
  "target.example. 3600 IN DS 11110 13 2 26b7b46edfb7e547c82f80c1b2d9479c476ad2ce6c0cd580ccd9deeaae49686e";
const ZONE = `target.example. 3600 IN SOA ns.target.example. hostmaster.target.example. 1 3600 600 604800 60
target.example. 3600 IN RRSIG SOA 13 2 3600 20380101000000 20200101000000 11110 target.example. AAAA
target.example. 3600 IN NS ns.target.example.
ns.target.example. 3600 IN A 127.0.0.1
target.example. 3600 IN DNSKEY 257 3 13 3g5c/vLfOuvlUOW2BGMvhG59aBPcIY/3G8NHaWfi5mNUNrcmeoFO4zHTjMjSZ9UTJ3zthv6/C9YbheF62P6bAg==
target.example. 3600 IN RRSIG DNSKEY 13 2 3600 20380101000000 20200101000000 11110 target.example. myawjwN1J5YTeUF+5crIPd+mecWid5aZmN8Wj1vXJl9pnpFlVJeP2fclzPy8LK/GsHCqucS37K2wKR9HXQtZDw==
_xmpp-server._tcp.target.example. 3600 IN SRV 10 0 5269 XMPP1.receiving.example.
_xmpp-server._tcp.target.example. 3600 IN SRV 20 0 5269 xmpp2.receiving.example.
_xmpp-server._tcp.target.example. 3600 IN RRSIG SRV 13 4 3600 20380101000000 20200101000000 11110 target.example. O/Vy+4Ax5x2DUDbaeq69svFZKNAwnThu3GHHQyzgqm4GeGRnPgoInKXrE1RX4C/vJyrBmWE40fLZXZNeiUY6LA==
`;
const ROOT = `. 3600 IN SOA ns. hostmaster. 1 3600 600 604800 60
. 3600 IN NS ns.
ns. 3600 IN A 127.0.0.1
target.example. 3600 IN NS ns.target.example.
ns.target.example. 3600 IN A 127.0.0.1
${DS}
`;
/** The root outlives the vector on both sides, so only the vector's own dates can fail. */
const [INCEPTION, EXPIRATION] = ["20150101000000", "20450101000000"];
const utf8 = new TextDecoder();

export class Vector implements AsyncDisposable {
  private constructor(
    private readonly directory: string,
    private readonly ip: string,
    private readonly port: number,
    private readonly knot: Deno.ChildProcess,
  ) {}

  static async start(): Promise<Vector> {
    const directory = await Deno.makeTempDir({ prefix: "verona-vector-" });
    const [ip, port] = [
      `127.${128 + Deno.pid % 64}.${Math.floor(Deno.pid / 64) % 250 + 1}.1`,
      await freePort(),
    ];
    const key = (await run(directory, "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "."))
      .trim();
    await Deno.writeTextFile(`${directory}/root.unsigned`, ROOT);
    await Deno.writeTextFile(`${directory}/target.zone`, ZONE);
    await run(directory, "dnssec-signzone", ...[
      "-q",
      "-S",
      "-z",
      "-P",
      "-o",
      ".",
      "-s",
      INCEPTION,
      "-e",
      EXPIRATION,
    ], ...[
      "-f",
      "root.zone",
      "root.unsigned",
    ]);
    const keyFile = await Deno.readTextFile(`${directory}/${key}.key`);
    await Deno.writeTextFile(`${directory}/root.key`, keyFile);
    await Deno.writeTextFile(`${directory}/knot.conf`, knotConfiguration(directory, ip, port));
    const knot = new Deno.Command("knotd", {
      args: ["-c", `${directory}/knot.conf`],
      env: SEARCH,
      stdout: "null",
      stderr: "null",
    }).spawn();
    await answers(ip, port);
    return new Vector(directory, ip, port, knot);
  }

  settings(witness = true): ResolverSettings {
    return {
      servers: [{ ip: this.ip, port: this.port }],
      trustAnchor: `${this.directory}/root.key`,
      witness,
    };
  }

  mutator(): Promise<Mutator> {
    return Mutator.start(this.directory, this.ip.replace(/1$/, "60"), `${this.ip}:${this.port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.knot.kill();
    await this.knot.status;
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Where Debian puts servers and key tools. */
const SEARCH = { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/sbin` };

async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd, env: SEARCH }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${utf8.decode(stderr)}`);
  return utf8.decode(stdout);
}

/** `dig` itself waits and tries again. */
async function answers(ip: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const args = ["+time=1", "+tries=1", "+short", `@${ip}`, "-p", `${port}`, "target.example", "SOA"];
    const { stdout } = await new Deno.Command("dig", { args }).output();
    if (utf8.decode(stdout).startsWith("ns.")) return;
  }
  throw new Error(`knotd does not answer on ${ip}:${port}`);
}

function knotConfiguration(directory: string, ip: string, port: number): string {
  return `server:
    listen: ${ip}@${port}
    rundir: "${directory}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "${directory}/db"
zone:
  - domain: "."
    file: "${directory}/root.zone"
    semantic-checks: off
    zonefile-load: whole
  - domain: "target.example."
    file: "${directory}/target.zone"
    semantic-checks: off
    zonefile-load: whole
`;
}
