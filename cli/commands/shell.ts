/** Commands about the commands: completion, help on a topic, the version. */
import { Argument, type Command } from "commander";
import { type Done, examples, jsonOption } from "./common.ts";

export function addShell(program: Command, done: Done): void {
  program.command("completions").description("completion for a shell, live names of the running server too")
    .addArgument(new Argument("<shell>", "whose").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "before",
      examples(
        "source <(verona completions bash)              # in ~/.bashrc",
        "source <(verona completions zsh)               # in ~/.zshrc, after compinit",
        "verona completions fish > ~/.config/fish/completions/verona.fish",
      ),
    )
    .addOption(jsonOption("the script as a JSON string"))
    .action(async (shell, { json }: { json?: boolean }) => {
      const { completions } = await import("../completion/scripts.ts");
      done(completions(shell, json ?? false));
    });
  program.command("help [topic...]").description(
    "a command, or a topic: a cause, a stage of check, a key of verona.toml, filters",
  )
    .addHelpText(
      "before",
      examples(
        "verona help connections",
        "verona help dns.bogus",
        "verona help tls.names",
        "verona help dns.trust_anchor",
        "verona help topics",
      ),
    )
    .addOption(jsonOption())
    .action(async (words: string[], { json }: { json?: boolean }) => {
      const { help } = await import("../help.ts");
      done(help(program, words, json ?? false));
    });
  program.command("version").description("print the version")
    .addHelpText("before", examples("verona version", "verona version --json")).addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }) => {
      const { version } = await import("../version.ts");
      done(version(json ?? false));
    });
}
