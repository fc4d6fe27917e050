/** Debian's Chromium, without a window: kept alive under load, and never ending unseen. */
import assert from "node:assert/strict";
import process from "node:process";
import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** False: the tests are skipped, and tools/packages.ts says what to install. */
export const IS_THERE = EXECUTABLE !== undefined;

const FLAGS = [
  "--no-sandbox", // root has none
  // A process for a GPU that is not there: Chromium gives itself up ("GPU process isn't usable. Goodbye.") when that one
  // has died six times, and kills it when it is slow to answer. Here it draws by itself.
  "--disable-gpu",
  "--in-process-gpu",
  "--disable-dev-shm-usage", // a container's is 64 MB
  "--font-render-hinting=none",
];

const LAST_WORDS = 30;

export class Chromium implements AsyncDisposable {
  readonly #words: string[] = [];
  #browser: Browser | null = null;
  #ended = false;

  static async launch(): Promise<Chromium> {
    const one = new Chromium();
    one.#browser = await chromium.launch({
      executablePath: EXECUTABLE!,
      args: FLAGS,
      logger: { isEnabled: (name) => name === "browser", log: (_, __, message) => one.#hear(`${message}`) },
    });
    one.#browser.on("disconnected", () => one.#ended = true);
    return one;
  }

  get browser(): Browser {
    this.assertAlive();
    return this.#browser!;
  }

  #hear(word: string): void {
    this.#words.push(word);
    if (this.#words.length > LAST_WORDS) this.#words.shift();
  }

  /** Fails with what it said last. */
  assertAlive(): void {
    assert(!this.#ended, `Chromium ended by itself; its last words:\n${this.#words.join("\n")}`);
  }

  /** The time of processors that it and this process have used so far: other work of the machine is not in it. */
  async cpuMs(): Promise<number> {
    const session = await this.browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    await session.detach();
    const { user, system } = process.cpuUsage();
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, (user + system) / 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.assertAlive();
    await this.#browser!.close();
  }
}
