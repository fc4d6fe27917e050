/** Commands that list rows of a running server. */
import { Argument, type Command, Option } from "commander";
import { asking, type Done, examples, seconds, wholeNumber } from "./common.ts";
import { addHosting } from "./hosting.ts";

const FILTER = () =>
  new Argument("[filter...]", "words, key:value, -key:value, with * and ages: rows that all of them fit")
    .default([], "everything");

const FILTER_HELP = "\nFilters: state:denied remote:*.example -reason:dns.* waiting:>1m capulet;" +
  "\nall of them count, `-` negates, `*` stands for anything.";

export function addListings(program: Command, done: Done): void {
  const listing = (parent: Command, name: string, description: string) =>
    asking(parent.command(name).description(description).addArgument(FILTER()))
      .addOption(new Option("--limit <rows>", "at most this many rows").default(500).argParser(wholeNumber))
      .addOption(
        new Option("--columns <ids>", "which ones, in order: a,b,c (default: [columns] of the configuration)")
          .argParser((text) => text.split(",")),
      )
      .option("--sort <field>", "by a field of the filter; `-age` from the largest down")
      .option("--watch", "again and again, until Ctrl-C; JSON a line each")
      .addOption(new Option("--every <seconds>", "how often it looks").default(2).argParser(seconds))
      .option("--wide", "never cut a column")
      .addHelpText("after", FILTER_HELP);
  listing(program, "connections", "the connection table of the running server")
    .addHelpText(
      "before",
      examples(
        "verona connections",
        "verona connections state:established name:*.example",
        "verona connections -direction:in --sort -rtt --columns id,peer,rtt",
        "verona connections --watch",
      ),
    )
    .action(async (filter, options) => {
      const { connections } = await import("../connections.ts");
      done(await connections(filter, options));
    });
  listing(program, "routes", "the pairs of domains: open or not, on what, and why")
    .addHelpText(
      "before",
      examples(
        "verona routes",
        "verona routes state:denied --json",
        "verona routes --local sender.example remote:g*",
      ),
    )
    .option("--local <domain>", "pairs of this domain hosted here")
    .option("--remote <domain>", "pairs with this remote one")
    .action(async (filter, options) => {
      const { routes } = await import("../routes.ts");
      done(await routes(filter, options));
    });
  listing(program, "proofs", "what stands behind the grants, and until when")
    .addHelpText("before", examples("verona proofs"))
    .action(async (filter, options) => {
      const { proofs } = await import("../proofs.ts");
      done(await proofs(filter, options));
    });
  const domains = program.command("domains").description("the domains hosted here");
  listing(domains, "list", "each with its component")
    .addHelpText("before", examples("verona domains list", "verona domains list component:away"))
    .action(async (filter, options) => {
      const { domains } = await import("../domains.ts");
      done(await domains(filter, options));
    });
  addHosting(domains, done);
}
