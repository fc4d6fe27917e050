/** The command line: one table of commands. design.md 2.2; console.md 3. */
import { Argument, Command, CommanderError, Option } from "commander";
import { printable } from "../observe/printable.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";

/** Runs one command and ends the process with its exit code. */
export async function main(args: string[]): Promise<never> {
  Deno.exit(await perform(args));
}

async function perform(args: string[]): Promise<number> {
  let code: number = EXIT.good;
  try {
    await build((result) => code = result).parseAsync(operandsLast(args), { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.wrongUse;
    if (!(error instanceof CommandFault)) throw error;
    const { message, next } = error;
    const lines = `verona: ${message}${next === "" ? "" : `\n        ${next}`}`.split("\n");
    console.error(lines.map(printable).join("\n"));
    return error.code;
  }
}

/** `-state:denied` is a term of a filter and no option: what stands behind `--` is none. */
function operandsLast(args: string[]): string[] {
  if (args.includes("--")) return args;
  const isTerm = (word: string) => /^-[a-z]{2,}:/i.test(word);
  const terms = args.filter(isTerm);
  return terms.length === 0 ? args : [...args.filter((word) => !isTerm(word)), "--", ...terms];
}

type Done = (code: number) => void;

function build(done: Done): Command {
  const program = new Command("verona")
    .description("XMPP server-to-server federation by proof")
    .exitOverride()
    .showHelpAfterError("(verona --help lists the commands)")
    .addHelpText("after", "\nExit codes: 0 good, 2 wrong use or configuration, 3 could not tell, 4 broken.");
  addServing(program, done);
  addListings(program, done);
  addQuestions(program, done);
  addSetting(program, done);
  addCheck(program, done);
  addConfig(program, done);
  addLater(program);
  return program;
}

const CONFIG = () => new Option("-c, --config <file>", "configuration").default("verona.toml");
const JSON_OUTPUT = (what = "the answer as JSON") => new Option("--json", what);

/** What every command that asks a running server takes. */
function asking(command: Command): Command {
  return command.addOption(CONFIG())
    .option("--url <url>", "the server's console (default: VERONA_URL, else from the configuration)")
    .addOption(JSON_OUTPUT())
    .addHelpText(
      "after",
      "\nThe token is VERONA_TOKEN, else the one in the configuration's data_dir.",
    );
}

const examples = (...lines: string[]) => `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;

function addServing(program: Command, done: Done): void {
  program.command("run").description("run the server")
    .addHelpText("before", examples("verona run", "verona run --config /etc/verona/verona.toml --json"))
    .addOption(CONFIG())
    .addOption(new Option("--log-format <format>", "how log lines look").choices(["json", "pretty"]))
    .addOption(
      new Option("--log-level <level>", "lowest level").choices(["debug", "info", "warning"]).default("info"),
    )
    .addOption(JSON_OUTPUT("the same as --log-format json"))
    .action(async ({ json, logFormat, ...options }) => {
      const { run } = await import("./run.ts");
      const byDefault = Deno.stderr.isTerminal() ? "pretty" : "json";
      done(await run({ ...options, logFormat: json ? "json" : logFormat ?? byDefault }));
    });
  program.command("demo").description("two servers, a signed DNS tree, Romeo and Juliet, on loopback")
    .addHelpText("before", examples("verona demo", "verona demo --once --json"))
    .option("--once", "end after the story: exit code 0 if every step was seen, 1 if not")
    .addOption(JSON_OUTPUT("the steps and the tables as JSON lines"))
    .action(async ({ once, json }: { once?: boolean; json?: boolean }) => {
      const { demo } = await import("../demo/main.ts");
      done(await demo([...(once ? ["--once"] : []), ...(json ? ["--json"] : [])]));
    });
  program.command("version").description("print the version").addOption(JSON_OUTPUT())
    .action(async ({ json }: { json?: boolean }) => {
      const { version } = await import("./version.ts");
      done(version(json ?? false));
    });
}

const FILTER = () =>
  new Argument("[filter...]", "words, key:value, -key:value, with * and ages: rows that all of them fit")
    .default([], "everything");

const FILTER_HELP = "\nFilters: state:denied remote:*.example -reason:dns.* waiting:>1m capulet;" +
  "\nall of them count, `-` negates, `*` stands for anything.";

function addListings(program: Command, done: Done): void {
  const listing = (parent: Command, name: string, description: string) =>
    asking(parent.command(name).description(description).addArgument(FILTER()))
      .addOption(new Option("--limit <rows>", "at most this many rows").default(500).argParser(wholeNumber))
      .addOption(
        new Option("--columns <ids>", "which ones, in order: a,b,c").argParser((text) => text.split(",")),
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
      const { connections } = await import("./connections.ts");
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
      const { routes } = await import("./routes.ts");
      done(await routes(filter, options));
    });
  listing(program, "proofs", "what stands behind the grants, and until when")
    .addHelpText("before", examples("verona proofs"))
    .action(async (filter, options) => {
      const { proofs } = await import("./proofs.ts");
      done(await proofs(filter, options));
    });
  const domains = program.command("domains").description("the domains hosted here");
  listing(domains, "list", "each with its component").action(async (filter, options) => {
    const { domains } = await import("./domains.ts");
    done(await domains(filter, options));
  });
  addHosting(domains, done);
}

const PROOFS = ["strict", "authenticated", "encrypted", "legacy"];

function addHosting(domains: Command, done: Done): void {
  asking(domains.command("add <name>").description("host a domain from now on, or host it otherwise"))
    .addHelpText("before", examples("verona domains add new.example --secret-file new.secret --proof strict"))
    .option("--secret-file <file>", "the secret of its component; - is standard input")
    .addOption(new Option("--proof <policy>", "what its peers are proven by").choices(PROOFS))
    .action(async (name, options) => {
      const { add } = await import("./hosting.ts");
      done(await add(name, options));
    });
  asking(domains.command("remove <name>").description("host it no longer, though the file says so"))
    .action(async (name, options) => {
      const { remove } = await import("./hosting.ts");
      done(await remove(name, options));
    });
  for (
    const [word, about] of [["suspend", "stays hosted, with nobody"], ["resume", "federates again"]] as const
  ) {
    asking(domains.command(`${word} <name>`).description(about)).action(async (name, options) => {
      const { turn } = await import("./hosting.ts");
      done(await turn(name, word, options));
    });
  }
}

/** What an operator sets or starts for a pair or a peer. */
function addSetting(program: Command, done: Done): void {
  asking(
    program.command("recheck <local> <remote>").description(
      "look at a pair's proofs afresh, try it again now",
    ),
  )
    .addHelpText("before", examples("verona recheck sender.example target.example"))
    .action(async (local, remote, options) => {
      const { recheck } = await import("./act.ts");
      done(await recheck(local, remote, options));
    });
  asking(
    program.command("policy <remote>").description("what a peer must prove, whatever the file says")
      .addArgument(new Argument("<value>", "default: as the file says").choices([...PROOFS, "default"])),
  )
    .addHelpText(
      "before",
      examples("verona policy old.example encrypted", "verona policy old.example default"),
    )
    .action(async (remote, value, options) => {
      const { policy } = await import("./act.ts");
      done(await policy(remote, value, options));
    });
}

function addQuestions(program: Command, done: Done): void {
  asking(program.command("audit").description("who changed what over the API, and who was refused"))
    .addHelpText("before", examples("verona audit", "verona audit --limit 10 --json"))
    .addOption(
      new Option("--limit <entries>", "at most so many, the latest").default(50).argParser(wholeNumber),
    )
    .addOption(new Option("--before <id>", "only entries older than this one").argParser(entryId))
    .action(async (options) => {
      const { audit } = await import("./audit.ts");
      done(await audit(options));
    });
  asking(program.command("explain <local> <remote>").description("why is this pair open or not?"))
    .addHelpText("before", examples("verona explain sender.example target.example"))
    .addHelpText("after", "Exit codes: 0 open, 4 closed, 3 not known.")
    .action(async (local, remote, options) => {
      const { explain } = await import("./explain.ts");
      done(await explain(local, remote, options));
    });
  asking(
    program.command("console").description("print a link into the page of the running server; it works once"),
  )
    .addHelpText("before", examples("verona console", "verona console --viewer"))
    .option("--viewer", "one that only reads")
    .action(async (options) => {
      const { console } = await import("./console.ts");
      done(await console(options));
    });
  program.command("machines [id]").description("the state machines that connections and pairs are")
    .addHelpText("before", examples("verona machines", "verona machines route --format svg > route.svg"))
    .addOption(
      new Option("--format <format>", "mermaid by default; json: for xstate and Stately's tools")
        .choices(["svg", "mermaid", "json"]),
    )
    .addOption(JSON_OUTPUT("the same as --format json"))
    .action(async (id, options) => {
      const { machines } = await import("./machines.ts");
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
      const { trace } = await import("./trace.ts");
      done(await trace(connection, options));
    });
  asking(program.command("close <connection>").description("close a connection; pairs in use come back"))
    .addHelpText("before", examples("verona close c-7"))
    .action(async (id, options) => {
      const { close } = await import("./act.ts");
      done(await close(id, options));
    });
  asking(program.command("revoke <local> <remote>").description("take a pair away, and keep it away"))
    .addHelpText("before", examples("verona revoke sender.example target.example --block 1h"))
    .option("--block <duration>", '"0s": it may be asked for again at once', "10m")
    .action(async (local, remote, options) => {
      const { revoke } = await import("./act.ts");
      done(await revoke(local, remote, options));
    });
}

function addCheck(program: Command, done: Done): void {
  program.command("check [domains...]").description(
    "can we federate with a domain, and why not? A real attempt, from this machine",
  )
    .addHelpText(
      "before",
      examples(
        "verona check example.org",
        "verona check example.org --from sender.example",
        "verona check customer.example --onboard xmpp1.provider.example",
        "verona check --file domains.txt --parallel 8 --format prometheus",
      ),
    )
    .addHelpText(
      "after",
      "\nNeeds no running server and no configuration; with one it asks as that server, with its certificate and policy." +
        "\nWithout --from and without a configuration nothing is asked of the peer: what it proves to be is all." +
        "\nExit codes: 0 works, 1 with warnings (--fail-on warn), 3 could not tell, 4 does not work; nagios: 0, 1, 2, 3.",
    )
    .option("-c, --config <file>", "configuration (default: verona.toml, if there is one)")
    .option("--from <local>", "as which domain (default: the first of the configuration)")
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
    .addOption(JSON_OUTPUT("the same as --format json"))
    .addOption(new Option("--fail-on <what>", "exit code 1 when there are warnings").choices(["warn"]))
    .option("--file <file>", "more domains, one a line; - is standard input")
    .addOption(new Option("--parallel <number>", "so many at once").default(1).argParser(fewAtOnce))
    .option("--watch <duration>", "again and again, so often")
    .option("--onboard <server-name>", "the records that the domain must publish, and whether they are there")
    .action(async (domains, options) => {
      const { check } = await import("./check.ts");
      done(await check(domains, options));
    });
}

function addConfig(program: Command, done: Done): void {
  const config = program.command("config").description("check, show, write or reload the configuration");
  const command = (name: string, description: string) =>
    config.command(name).description(description).addOption(CONFIG()).addOption(JSON_OUTPUT());
  command("check", "every mistake, with its line and its cure").action(async (options) => {
    const { check } = await import("./config.ts");
    done(check(options));
  });
  command("show", "every effective value and where it comes from; secrets hidden")
    .addHelpText(
      "before",
      examples("verona config show", "verona config show --effective sender.example target.example"),
    )
    .option("--effective <domains...>", "what applies to the pair LOCAL REMOTE, and whose word each value is")
    .action(async (options) => {
      const { show } = await import("./config.ts");
      done(show(options));
    });
  command("init", "write a commented first file").action(async (options) => {
    const { init } = await import("./config.ts");
    done(init(options));
  });
  config.command("schema").description("the JSON Schema of verona.toml, for editors")
    .addOption(
      new Option("--draft <draft>", "which JSON Schema").choices(["draft-4", "draft-7", "draft-2020-12"])
        .default("draft-4"),
    )
    .addOption(JSON_OUTPUT("it always is"))
    .action(async (options) => {
      const { schema } = await import("./config.ts");
      done(schema(options));
    });
  asking(config.command("reload").description("apply the file to the running server, as SIGHUP does"))
    .action(async (options) => {
      const { reload } = await import("./act.ts");
      done(await reload(options));
    });
}

/** design.md 2.2 names these; what there is instead is said. */
function addLater(program: Command): void {
  later(program, "completions", "");
}

function later(parent: Command, name: string, instead: string): void {
  parent.command(name).description("(not yet)").argument("[words...]").allowUnknownOption()
    .addOption(JSON_OUTPUT())
    .action(() => {
      throw new CommandFault(EXIT.wrongUse, `"${name}" is not yet part of this version`, instead);
    });
}

function seconds(text: string): number {
  if (/^\d{1,5}(\.\d+)?s?$/.test(text) && parseFloat(text) >= 0.1) return parseFloat(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not a number of seconds`, "for example --every 5");
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= 10_000) return Number(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not a number of rows between 1 and 10000`);
}

function entryId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not the id of an entry`, "`verona audit` shows them");
}

function fewAtOnce(text: string): number {
  if (/^[1-9]\d?$/.test(text) && Number(text) <= 32) return Number(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not a number between 1 and 32`);
}
