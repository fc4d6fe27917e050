/** Commands that serve, and what they are. */
import { type Command, Option } from "commander";
import { FORMATS } from "../../observe/log.ts";
import { configOption, type Done, examples, jsonOption, logLevels } from "./common.ts";

export function addServing(program: Command, done: Done): void {
  program.command("run").description("run the server")
    .addHelpText(
      "before",
      examples(
        "verona run",
        "verona run --config /etc/verona/verona.toml --json",
        "verona run --log-level info,delegation=debug,stream=debug",
      ),
    )
    .addOption(configOption())
    .addOption(new Option("--log-format <format>", "how log lines look").choices(Object.keys(FORMATS)))
    .addOption(
      new Option("--log-level <levels>", "lowest of debug, info, warning; also by area: info,route=debug")
        .default({ lowest: "info", areas: {} }, "info").argParser(logLevels),
    )
    .addOption(jsonOption("the same as --log-format json"))
    .action(async ({ json, logFormat, ...options }) => {
      const { run } = await import("../run.ts");
      const byDefault = Deno.stderr.isTerminal() ? "pretty" : "json";
      done(await run({ ...options, logFormat: json ? "json" : logFormat ?? byDefault }));
    });
  program.command("demo").description("two servers, a signed DNS tree, Romeo and Juliet, on loopback")
    .addHelpText("before", examples("verona demo", "verona demo --once --json"))
    .option("--once", "end after the story: exit code 0 if every step was seen, 1 if not")
    .addOption(jsonOption("the steps and the tables as JSON lines"))
    .action(async ({ once, json }: { once?: boolean; json?: boolean }) => {
      const { demo } = await import("../../demo/main.ts");
      done(await demo([...(once ? ["--once"] : []), ...(json ? ["--json"] : [])]));
    });
}
