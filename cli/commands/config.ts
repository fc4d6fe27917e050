/** `verona config`. */
import { type Command, Option } from "commander";
import { asking, configOption, type Done, examples, jsonOption } from "./common.ts";

export function addConfig(program: Command, done: Done): void {
  const config = program.command("config").description("check, show, write or reload the configuration");
  const command = (name: string, description: string) =>
    config.command(name).description(description).addOption(configOption()).addOption(jsonOption());
  command("check", "every mistake, with its line, a mark under the place, and its cure")
    .addHelpText("before", examples("verona config check", "verona config check --config new.toml --json"))
    .action(async (options) => {
      const { check } = await import("../config.ts");
      done(check(options));
    });
  command("show", "every effective value and where it comes from; secrets hidden")
    .addHelpText(
      "before",
      examples("verona config show", "verona config show --effective sender.example target.example"),
    )
    .option("--effective <domains...>", "what applies to the pair LOCAL REMOTE, and whose word each value is")
    .action(async (options) => {
      const { show } = await import("../config.ts");
      done(show(options));
    });
  command("init", "write a commented first file")
    .addHelpText(
      "before",
      examples("verona config init", "verona config init --config /etc/verona/verona.toml"),
    )
    .action(async (options) => {
      const { init } = await import("../config.ts");
      done(init(options));
    });
  config.command("schema").description("the JSON Schema of verona.toml, for editors")
    .addHelpText(
      "before",
      examples("verona config schema > verona.schema.json", "verona config schema --draft 2020-12"),
    )
    .addOption(
      new Option("--draft <draft>", "which JSON Schema; Taplo reads 4").choices(["4", "7", "2020-12"])
        .default("4"),
    )
    .addOption(jsonOption("it always is"))
    .action(async ({ draft }: { draft: "4" | "7" | "2020-12" }) => {
      const { schema } = await import("../config.ts");
      done(schema({ draft: `draft-${draft}` }));
    });
  asking(config.command("reload").description("apply the file to the running server, as SIGHUP does"))
    .addHelpText("before", examples("verona config reload"))
    .action(async (options) => {
      const { reload } = await import("../act.ts");
      done(await reload(options));
    });
}
