/** One connection of a proven peer asks for pair after pair: control traffic at its cheapest, so that whatever comes on top shows. */
import { DialbackStream } from "./dialback_stream.ts";
import { customersOf, type Place } from "./lab.ts";
import { cpuMs } from "./proc.ts";

/** Senders x targets: each pair is granted once. */
export const SENDERS = 250;
export const TARGETS = 360;
/** Of one measurement: twenty times 250 grants take about a second. */
const AT_ONCE = 20;
/** The long run is measured, not what a process does in its first seconds. */
const WARM = 100;
const WINDOW = 50;
export const DIRECT_TLS = 5270;

export class Granting implements Disposable {
  #next = 0;

  private constructor(
    private readonly stream: DialbackStream,
    private readonly senders: readonly string[],
    private readonly targets: readonly string[],
  ) {}

  /** The senders are proven before anything is measured, and the server is warm. */
  static async begin(from: Place, to: Place): Promise<Granting> {
    const stream = await proven(from, to);
    const granting = new Granting(stream, customersOf(from, SENDERS), customersOf(to, TARGETS));
    await granting.#ask(WARM);
    return granting;
  }

  /** So many grants more, in the process `pid`. */
  async more(pid: number): Promise<{ readonly cpuUs: number; readonly perSecond: number }> {
    const [began, cpu] = [performance.now(), await cpuMs(pid)];
    const count = await this.#ask(AT_ONCE);
    const [elapsed, spent] = [performance.now() - began, await cpuMs(pid) - cpu];
    return { cpuUs: spent / count * 1000, perSecond: count / elapsed * 1000 };
  }

  async #ask(targets: number): Promise<number> {
    const asked = this.targets.slice(this.#next, this.#next += targets);
    if (asked.length < targets) throw new Error("every pair is granted already: TARGETS is too small");
    const requests = asked.flatMap((target) =>
      this.senders.map((sender) => `<db:result from='${sender}' to='${target}'/>`)
    );
    const { valid } = await this.stream.ask(requests, WINDOW, "result");
    if (valid !== requests.length) throw new Error(`${valid} of ${requests.length} were granted`);
    return requests.length;
  }

  [Symbol.dispose](): void {
    this.stream[Symbol.dispose]();
  }
}

async function proven(from: Place, to: Place): Promise<DialbackStream> {
  const [ca, chain, key] = await Promise.all(
    [from.ca, from.chain, from.key].map((path) => Deno.readTextFile(path)),
  );
  const { name, ip } = to;
  return await DialbackStream.openProven({
    ip,
    port: DIRECT_TLS,
    from: from.name,
    to: name,
    name,
    ca: ca!,
    chain: chain!,
    key: key!,
  });
}
