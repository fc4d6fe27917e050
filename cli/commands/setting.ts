/** Commands that set something, or start it, for a pair or a peer. */
import { Argument, type Command } from "commander";
import { asking, type Done, examples } from "./common.ts";
import { PROOFS } from "./hosting.ts";

export function addSetting(program: Command, done: Done): void {
  asking(
    program.command("log-level [levels]").description("what the running server logs; changed for a while")
      .option("--for <duration>", "how long, at most 24h; then as the server was started", "10m"),
  )
    .addHelpText("before", examples("verona log-level", "verona log-level dns=debug,route=debug --for 10m"))
    .action(async (levels, options) => {
      const { logLevel } = await import("../log_level.ts");
      done(await logLevel(levels, options));
    });
  asking(
    program.command("recheck <local> <remote>").description(
      "look at a pair's proofs afresh, try it again now",
    ),
  )
    .addHelpText("before", examples("verona recheck sender.example target.example"))
    .action(async (local, remote, options) => {
      const { recheck } = await import("../act.ts");
      done(await recheck(local, remote, options));
    });
  asking(
    program.command("policy [remote]").description(
      "what a peer must prove, whatever the file says; alone: all",
    )
      .addArgument(new Argument("[value]", "default: as the file says").choices([...PROOFS, "default"])),
  )
    .addHelpText(
      "before",
      examples("verona policy", "verona policy old.example encrypted", "verona policy old.example default"),
    )
    .action(async (remote, value, options) => {
      const { policies, policy } = await import("../policy.ts");
      done(remote === undefined ? await policies(options) : await policy(remote, value, options));
    });
}
