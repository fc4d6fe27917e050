/** Prometheus' own tools, from Debian: parsers, linter, and the server itself. */
import { fileURLToPath } from "node:url";
import "./surroundings.ts";

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  readonly exemplars: readonly (readonly [
    of: Readonly<Record<string, string>>,
    labels: Readonly<Record<string, string>>,
    value: string,
    seconds: number,
  ])[];
  readonly samples: readonly (readonly [
    name: string,
    labels: Readonly<Record<string, string>>,
    value: string,
  ])[];
}

export interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Runs a tool on a text. */
export async function pipe(command: string, args: readonly string[], input: string): Promise<Ended> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {}); // it may have ended by then
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}

export const promtool = (args: readonly string[], input = ""): Promise<Ended> =>
  pipe("promtool", args, input);

const PARSER = fileURLToPath(new URL("expositions.py", import.meta.url));

/** By the reference parser (python3-prometheus-client). @throws {Error} with its words. */
export async function parse(text: string, format: "openmetrics" | "text"): Promise<Family[]> {
  const { code, said } = await pipe("/usr/bin/python3", [PARSER, format], text);
  if (code !== 0) throw new Error(`${format}: ${said}`);
  return JSON.parse(said);
}

/** One series and what it is now; null when there is none. */
export function valueOf(
  families: readonly Family[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const samples = families.flatMap((family) => family.samples);
  const found = samples.find(([sampled, own]) =>
    sampled === name && Object.entries(labels).every(([label, value]) => own[label] === value)
  );
  return found === undefined ? null : Number(found[2]);
}

/** A real Prometheus that scrapes one target every second. */
export class Prometheus implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #origin: string;
  readonly #directory: string;
  readonly #said: Promise<string>;

  private constructor(child: Deno.ChildProcess, origin: string, directory: string) {
    this.#child = child;
    this.#origin = origin;
    this.#directory = directory;
    this.#said = new Response(child.stderr).text();
  }

  /** @param target `host:port` of a console. @param rules Files of rules. */
  static async start(target: string, rules: readonly string[]): Promise<Prometheus> {
    const directory = await Deno.makeTempDir({ prefix: "verona-prometheus-" });
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: rules,
      scrape_configs: [{ job_name: "verona", static_configs: [{ targets: [target] }] }],
    };
    await Deno.writeTextFile(`${directory}/prometheus.yml`, JSON.stringify(config)); // JSON is YAML
    const at = freeAddress();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${directory}/prometheus.yml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=${at}`,
        "--log.level=warn",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    return new Prometheus(child, `http://${at}`, directory);
  }

  /** The data of an answer of its API, once it is what was waited for. */
  // deno-lint-ignore no-explicit-any -- each test reads what it asked for
  async eventually(path: string, wanted: (data: any) => boolean): Promise<any> {
    const until = performance.now() + 60_000;
    let last: unknown = null;
    while (performance.now() < until) {
      last = await this.get(path).catch((error) => String(error));
      if (last !== null && typeof last === "object" && wanted(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`Prometheus never said it: ${path}: ${JSON.stringify(last)}`);
  }

  /** @throws {Error} with its words when it refuses. */
  // deno-lint-ignore no-explicit-any -- as above
  async get(path: string): Promise<any> {
    const answer = await (await fetch(`${this.#origin}/api/v1/${path}`)).json();
    if (answer.status !== "success") throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }

  query(expression: string) {
    return this.get(`query?query=${encodeURIComponent(expression)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await Promise.all([this.#child.status, this.#said]);
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** Of a host of its own, where no other test is given the port before Prometheus takes it. */
function freeAddress(): string {
  const [third, fourth] = crypto.getRandomValues(new Uint8Array(2));
  using listener = Deno.listen({ hostname: `127.60.${third}.${fourth}`, port: 0 });
  return `${listener.addr.hostname}:${listener.addr.port}`;
}
