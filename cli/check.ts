/** `verona check DOMAIN`: can we federate with it, and why not? One real attempt from this machine. console.md 3.5. */
import { check as attemptAll, type CheckOptions } from "../check/check.ts";
import type { Depth } from "../check/depth.ts";
import { parseDuration } from "../config/units.ts";
import type { CheckReport, Stage } from "../observe/contract.ts";
import type { Domain } from "../xmpp/domain.ts";
import { askBack } from "./check_back.ts";
import type { ServerOptions } from "./client.ts";
import { type CheckParts, checkParts, readDomain } from "./check_parts.ts";
import { nagiosLine, prometheusText } from "./check_formats.ts";
import { conclusion, heading, StageLines } from "./check_text.ts";
import { onboard, unusedByOnboard } from "./onboard.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { interruptible } from "./interrupt.ts";
import { isRead, say, sayJson, sayJsonLine } from "./output.ts";
import { CheckProgress } from "./check_progress.ts";

export type CheckFormat = "text" | "json" | "nagios" | "prometheus";

export interface CheckCommand {
  readonly config?: string;
  readonly from?: string;
  readonly resolver?: string;
  readonly connect?: string;
  readonly timeout: string;
  readonly format: CheckFormat;
  readonly json?: boolean;
  readonly failOn?: "warn";
  readonly file?: string;
  readonly parallel: number;
  readonly watch?: string;
  readonly onboard?: string;
  readonly stage?: Depth;
  readonly bothWays?: boolean;
  readonly configFrom?: ServerOptions["configFrom"];
}

/** @param domains Of the command line; those of `--file` come behind them. */
export async function check(domains: readonly string[], command: CheckCommand): Promise<number> {
  const all = [...domains, ...await fromFile(command.file)].map(readDomain);
  if (all.length === 0) {
    throw new CommandFault(EXIT.wrongUse, "which domain?", "for example: verona check example.org");
  }
  refuseMixture(command);
  const timeoutMs = duration("--timeout", command.timeout);
  if (command.onboard !== undefined) return await onboard(all, command.onboard, command);
  const every = command.watch === undefined ? null : duration("--watch", command.watch);
  for (;;) {
    const code = await checkAll(all, command, timeoutMs);
    if (every === null || !isRead()) return code;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** Options that say nothing to each other: neither is left out without a word. */
function refuseMixture(command: CheckCommand): void {
  const { stage = "pair", bothWays = false, connect, onboard } = command;
  const refuse = (why: string) => {
    throw new CommandFault(EXIT.wrongUse, why, "leave one of the two out");
  };
  if (bothWays && stage !== "pair") refuse(`--both-ways goes all the way, --stage ${stage} does not`);
  if (stage === "dns" && connect !== undefined) {
    refuse("--connect asks nothing of DNS: --stage dns would look at nothing");
  }
  const unused = onboard === undefined ? undefined : unusedByOnboard(command);
  if (unused !== undefined) refuse(`--onboard looks at DNS records alone: it has no use for ${unused}`);
}

async function checkAll(
  domains: readonly Domain[],
  command: CheckCommand,
  timeoutMs: number,
): Promise<number> {
  const waiting = [...domains];
  const reports: CheckReport[] = [];
  using progress = new CheckProgress(domains);
  const worker = async () => {
    for (let domain = waiting.shift(); domain !== undefined; domain = waiting.shift()) {
      reports.push(await one(domain, command, timeoutMs, domains.length > 1, progress));
    }
  };
  await Promise.all(Array.from({ length: Math.min(command.parallel, domains.length) }, worker));
  if (command.format === "prometheus") say(prometheusText(reports));
  return codeOf(reports, command);
}

async function one(
  domain: Domain,
  command: CheckCommand,
  timeoutMs: number,
  several: boolean,
  progress: CheckProgress,
): Promise<CheckReport> {
  const format = command.json ? "json" : command.format;
  const parts = await checkParts({
    config: command.config ?? null,
    from: command.from ?? null,
    resolver: command.resolver ?? null,
    connect: command.connect ?? null,
  }, domain);
  const depth = command.stage ?? (parts.from === null && !command.bothWays ? "proof" : "pair");
  const told = format === "text" && !several;
  if (told) say(`${heading({ domain, from: depth === "pair" ? parts.from : null })}\n`);
  const lines = new StageLines();
  const report = await run(
    parts,
    domain,
    { timeoutMs, depth, ...wayBack(parts, domain, command) },
    (stage) => {
      progress.decided(stage);
      const line = told ? lines.of(stage) : null;
      if (line !== null) say(line);
    },
  );
  progress.done();
  if (format === "json") several || command.watch !== undefined ? sayJsonLine(report) : sayJson(report);
  else if (format === "nagios") say(nagiosLine(report));
  else if (told) say(conclusion(report));
  else if (format === "text") {
    say(`${report.verdict.padEnd(8)} ${domain}${report.cause === null ? "" : `  ${report.cause}`}`);
  }
  return report;
}

function wayBack({ from }: CheckParts, remote: Domain, command: CheckCommand): Pick<CheckOptions, "back"> {
  if (!command.bothWays || from === null) return {};
  const { config = "verona.toml", configFrom } = command;
  const options = { config, ...(configFrom === undefined ? {} : { configFrom }) };
  return { back: () => askBack({ local: from, remote }, options) };
}

const AS_WHOM = [
  "all the way (--stage pair, --both-ways): as which domain?",
  "say it: --from sender.example",
] as const;

async function run(
  parts: CheckParts,
  domain: Domain,
  limits: Pick<CheckOptions, "timeoutMs" | "depth" | "back">,
  heard: (stage: Stage) => void,
): Promise<CheckReport> {
  try {
    if (parts.from === null && limits.depth === "pair") throw new CommandFault(EXIT.wrongUse, ...AS_WHOM);
    const local = parts.from ?? parts.config.server.names[0]!;
    return await interruptible((signal) =>
      attemptAll(parts, { local, remote: domain }, { ...limits, signal, heard })
    );
  } finally {
    await parts.resolver[Symbol.asyncDispose]();
    parts.identities.free();
    parts.trust.free();
  }
}

/** console.md 3.2; Nagios has codes of its own. */
function codeOf(reports: readonly CheckReport[], { format, failOn, json }: CheckCommand): number {
  const some = (verdict: CheckReport["verdict"]) => reports.some((report) => report.verdict === verdict);
  const warned = reports.some(({ warnings }) => warnings > 0);
  if (format === "nagios" && !json) return some("closed") ? 2 : some("unknown") ? 3 : warned ? 1 : 0;
  if (some("closed")) return EXIT.broken;
  if (some("unknown")) return EXIT.couldNotTell;
  return failOn === "warn" && warned ? EXIT.warned : EXIT.good;
}

async function fromFile(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  try {
    const text = path === "-"
      ? await new Response(Deno.stdin.readable).text()
      : await Deno.readTextFile(path);
    return text.split("\n").map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  } catch (error) {
    throw new CommandFault(EXIT.wrongUse, `Cannot read ${path}: ${(error as Error).message}`);
  }
}

function duration(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new CommandFault(
    EXIT.wrongUse,
    `${flag} ${text}: not a duration`,
    'write for example "500ms", "3s" or "2m"',
  );
}
