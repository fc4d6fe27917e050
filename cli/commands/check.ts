/** `verona check`. */
import { type Command, Option } from "commander";
import { DEPTHS } from "../../check/depth.ts";
import { depth } from "./depth.ts";
import { configOption, type Done, examples, fewAtOnce, jsonOption } from "./common.ts";

export function addCheck(program: Command, done: Done): void {
  program.command("check [domains...]").description(
    "can we federate with a domain, and why not? A real attempt, from this machine",
  )
    .addHelpText(
      "before",
      examples(
        "verona check example.org",
        "verona check example.org --from sender.example",
        "verona check customer.example --onboard xmpp1.provider.example",
        "verona check example.org --stage dns",
        "verona check example.org --from sender.example --both-ways",
        "verona check --file domains.txt --parallel 8 --format prometheus",
      ),
    )
    .addHelpText(
      "after",
      "\nNeeds no running server and no configuration; with one it asks as that server," +
        "\nwith its certificate and policy. Without --from and without a configuration" +
        "\nnothing is asked of the peer: what it proves to be is all. With --stage it ends" +
        "\nsooner, and the answer is about no more: dns dials nobody." +
        "\nExit codes: 0 works, 1 with warnings (--fail-on warn), 3 could not tell," +
        "\n4 does not work; nagios: 0, 1, 2, 3.",
    )
    .addOption(configOption())
    .option("--from <local>", "as which domain (default: the first of the configuration)")
    .addOption(
      new Option("--stage <stage>", "how far it goes (default: pair, without --from proof)").choices(DEPTHS)
        .argParser(depth),
    )
    .option(
      "--both-ways",
      "also whether it can reach us: the running server sends a ping and hears the answer",
    )
    .option("--resolver <address>", "in place of dns.servers, or of /etc/resolv.conf")
    .option("--connect <host:port>", "in place of the domain's SRV records")
    .option("--timeout <duration>", "how long it may take", "40s")
    .addOption(
      new Option("--format <format>", "how the answer looks").choices([
        "text",
        "json",
        "nagios",
        "prometheus",
      ])
        .default("text"),
    )
    .addOption(jsonOption("the same as --format json"))
    .addOption(new Option("--fail-on <what>", "exit code 1 when there are warnings").choices(["warn"]))
    .option("--file <file>", "more domains, one a line; - is standard input")
    .addOption(new Option("--parallel <number>", "so many at once").default(1).argParser(fewAtOnce))
    .option("--watch <duration>", "again and again, so often")
    .option("--onboard <server-name>", "the records that the domain must publish, and whether they are there")
    .action(async (domains, options) => {
      const { check } = await import("../check.ts");
      done(await check(domains, options));
    });
}
