/** `verona check` as somebody runs it, against a running server of the example world. */
import assert from "node:assert/strict";
import { stringify } from "smol-toml";
import type { CheckReport } from "../../observe/contract.ts";
import { type Circumstances, type Ended, folder, verona } from "../cli/verona.ts";
import { configuration, Stage, type StageOptions } from "../harness/stage.ts";
import type { Settings } from "../harness/verona.ts";
import { ORIGINATING } from "../harness/world.ts";

/** The server under test is the peer; who checks is xmpp1.originating.example, from a configuration that nothing runs. */
export class Checker implements AsyncDisposable {
  private constructor(readonly stage: Stage, readonly directory: Awaited<ReturnType<typeof folder>>) {}

  static async open(options: StageOptions = {}, settings: Settings = {}): Promise<Checker> {
    const stage = await Stage.open(options);
    const directory = await folder();
    const { world } = stage;
    const own = await configuration(world, directory.path, {
      place: { name: ORIGINATING, identity: world.originating, ip: world.peerIp },
      hosted: ["sender.example"],
      settings,
    });
    await Deno.writeTextFile(`${directory.path}/verona.toml`, stringify(own));
    return new Checker(stage, directory);
  }

  run(...words: string[]): Promise<Ended>;
  run(circumstances: Circumstances, ...words: string[]): Promise<Ended>;
  run(first: string | Circumstances = {}, ...words: string[]): Promise<Ended> {
    const [circumstances, all] = typeof first === "string" ? [{}, [first, ...words]] : [first, words];
    return verona(["check", ...all], { cwd: this.directory.path, ...circumstances });
  }

  async report(...words: string[]): Promise<{ code: number; report: CheckReport }> {
    const { code, stdout, stderr } = await this.run(...words, "--json");
    assert.notEqual(stdout, "", stderr);
    return { code, report: JSON.parse(stdout) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}

export const verdicts = ({ stages }: CheckReport) =>
  Object.fromEntries(stages.map(({ id, verdict }) => [id, verdict]));
export const stageOf = ({ stages }: CheckReport, id: string) => stages.find((stage) => stage.id === id)!;
