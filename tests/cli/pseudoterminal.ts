/** A real terminal (tmux's) with a shell in it, in which `verona` is a command: keys in, screen out. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "../peer/deadline.ts";
import "../harness/surroundings.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const POLL_MS = 50;

export interface TerminalOptions {
  /** How the shell is started; its prompt is set to `$ `. */
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const BASH = ["bash", "--norc", "--noprofile", "-i"];

export class Terminal implements AsyncDisposable {
  private constructor(readonly socket: string, readonly directory: string) {}

  /** @throws when tmux is not there: tools/packages.ts installs it. */
  static async open({ shell = BASH, env = {} }: TerminalOptions = {}): Promise<Terminal> {
    const directory = await Deno.makeTempDir({ prefix: "verona-terminal-" });
    const command = `#!/bin/sh\nexec "${Deno.execPath()}" run -A --quiet "${MAIN}" "$@"\n`;
    await Deno.writeTextFile(`${directory}/verona`, command, { mode: 0o755 });
    const terminal = new Terminal(`${directory}/tmux`, directory);
    const surroundings = {
      PS1: "$ ",
      LC_ALL: "C.UTF-8",
      HISTFILE: "/dev/null",
      NO_COLOR: "", // whatever the tests themselves run under (tools/test.ts)
      ...env,
    };
    const set = Object.entries(surroundings).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "110", "-y", "50", ...set, ...shell);
    return terminal;
  }

  /** As from a keyboard, with Enter behind it. */
  async run(line: string): Promise<void> {
    await this.type(line);
    await this.key("Enter");
  }

  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** By tmux' name: `Enter`, `Tab`, `C-c`, `C-u`. */
  async key(...names: string[]): Promise<void> {
    await this.#tmux("send-keys", ...names);
  }

  /** What stands on it; with `colours` the escapes too. */
  async screen(colours = false): Promise<string> {
    const text = await this.#tmux("capture-pane", "-p", "-J", ...(colours ? ["-e"] : []));
    return text.split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
  }

  /** The screen on which `wanted` stands at last. */
  async until(wanted: RegExp, colours = false): Promise<string> {
    const end = Date.now() + 2 * PATIENCE_MS;
    for (;;) {
      const text = await this.screen(colours);
      if (wanted.test(text)) return text;
      assert.ok(Date.now() < end, `${wanted} is not on the screen:\n${text}`);
      await delay(POLL_MS);
    }
  }

  /** Nothing but the prompt; what was typed is taken back. */
  async clear(): Promise<void> {
    await this.key("C-u", "C-l");
    await this.until(/^\$$/);
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-S", this.socket, ...args],
      // It gives its own to the shell, whatever the session's is.
      env: { PATH: `${this.directory}:${Deno.env.get("PATH")}` },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.ok(success, text.decode(stderr));
    return text.decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
    await Deno.remove(this.directory, { recursive: true });
  }
}
