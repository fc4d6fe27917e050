/** Commands about one thing of a running server: a pair, a connection, a machine. */
import { type Command, Option } from "commander";
import { asking, blockMs, type Done, entryId, examples, jsonOption, wholeNumber } from "./common.ts";

export function addQuestions(program: Command, done: Done): void {
  asking(program.command("audit").description("who changed what over the API, and who was refused"))
    .addHelpText("before", examples("verona audit", "verona audit --limit 10 --json"))
    .addOption(
      new Option("--limit <entries>", "at most so many, the latest").default(50).argParser(wholeNumber),
    )
    .addOption(new Option("--before <id>", "only entries older than this one").argParser(entryId))
    .action(async (options) => {
      const { audit } = await import("../audit.ts");
      done(await audit(options));
    });
  asking(
    program.command("explain <local> <remote>").description(
      "why is this pair open or not, in both directions?",
    ),
  )
    .addHelpText("before", examples("verona explain sender.example target.example"))
    .addHelpText(
      "after",
      "Exit codes: 4 a direction is closed, else 0 one is open, else 3: not known.",
    )
    .action(async (local, remote, options) => {
      const { explain } = await import("../explain.ts");
      done(await explain(local, remote, options));
    });
  asking(
    program.command("console").description("print a link into the page of the running server; it works once"),
  )
    .addHelpText("before", examples("verona console", "verona console --viewer"))
    .option("--viewer", "one that only reads")
    .action(async (options) => {
      const { console } = await import("../console.ts");
      done(await console(options));
    });
  asking(program.command("health").description("may the running server be sent to? (/readyz)"))
    .addHelpText("before", examples("verona health", "verona health --url http://127.0.0.1:8711 --json"))
    .addHelpText("after", "Exit codes: 0 ready, 4 not ready, 3 it cannot be asked.")
    .action(async (options) => {
      const { health } = await import("../health.ts");
      done(await health(options));
    });
  program.command("machines [id]").description("the state machines that connections and pairs are")
    .addHelpText("before", examples("verona machines", "verona machines route --format svg > route.svg"))
    .addOption(
      new Option("--format <format>", "mermaid by default; json: for xstate and Stately's tools")
        .choices(["svg", "mermaid", "json"]),
    )
    .addOption(jsonOption("the same as --format json"))
    .action(async (id, options) => {
      const { machines } = await import("../machines.ts");
      done(machines(id, options));
    });
  asking(program.command("trace [connection]").description("what happened to a connection or a pair"))
    .addHelpText(
      "before",
      examples(
        "verona trace c-7 --follow",
        "verona trace --pair sender.example target.example --since -5m",
        "verona trace c-7 --export c-7.mmd",
        "verona trace --open c-7.json",
      ),
    )
    .option("--pair <domains...>", "a pair, LOCAL REMOTE")
    .option("--follow", "and what happens from now on, until Ctrl-C")
    .option("--since <when>", "only what is younger than 5m, or than a time")
    .option("--export <file>", "write it: .json to open again, .txt, .mmd (Mermaid)")
    .option("--open <file>", "show an exported trace; no server is asked")
    .action(async (connection, options) => {
      const { trace } = await import("../trace.ts");
      done(await trace(connection, options));
    });
  asking(program.command("close <connection>").description("close a connection; pairs in use come back"))
    .addHelpText("before", examples("verona close c-7"))
    .action(async (id, options) => {
      const { close } = await import("../act.ts");
      done(await close(id, options));
    });
  asking(
    program.command("revoke [local] [remote]").description(
      "take a pair away, and keep it away; alone: which are kept away",
    ),
  )
    .addHelpText(
      "before",
      examples(
        "verona revoke",
        "verona revoke sender.example target.example --block 1h",
        "verona revoke sender.example target.example --lift",
      ),
    )
    .option(
      "--block <duration>",
      'how long, at most 24h (default: 10m); "0s": it may be asked for again at once',
      blockMs,
    )
    .option("--lift", "end its block before its time")
    .action(async (local, remote, options) => {
      const { blocks, revoke } = await import("../revoke.ts");
      done(local === undefined ? await blocks(options) : await revoke(local, remote, options));
    });
}
