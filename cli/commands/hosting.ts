/** Commands that host domains, at run time. */
import { type Command, Option } from "commander";
import { asking, type Done, examples } from "./common.ts";

/** The values of `policy.proof`. */
export const PROOFS = ["strict", "authenticated", "encrypted", "legacy"];

export function addHosting(domains: Command, done: Done): void {
  asking(domains.command("add <name>").description("host a domain from now on, or host it otherwise"))
    .addHelpText("before", examples("verona domains add new.example --secret-file new.secret --proof strict"))
    .option("--secret-file <file>", "the secret of its component; - is standard input")
    .addOption(new Option("--proof <policy>", "what its peers are proven by").choices(PROOFS))
    .action(async (name, options) => {
      const { add } = await import("../hosting.ts");
      done(await add(name, options));
    });
  asking(domains.command("remove <name>").description("host it no longer, though the file says so"))
    .addHelpText("before", examples("verona domains remove old.example"))
    .action(async (name, options) => {
      const { remove } = await import("../hosting.ts");
      done(await remove(name, options));
    });
  for (
    const [word, about] of [["suspend", "stays hosted, with nobody"], ["resume", "federates again"]] as const
  ) {
    asking(domains.command(`${word} <name>`).description(about))
      .addHelpText("before", examples(`verona domains ${word} sender.example`))
      .action(async (name, options) => {
        const { turn } = await import("../hosting.ts");
        done(await turn(name, word, options));
      });
  }
}
