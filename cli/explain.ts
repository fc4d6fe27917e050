/** `verona explain LOCAL REMOTE`: why is this pair open or not, in both directions? Exit code 0 open, 4 closed, 3 not known. console.md 3.5. */
import { CAUSES } from "../facts/cause.ts";
import type { Detail } from "../facts/event.ts";
import type { Explanation, Stage, Way } from "../observe/contract.ts";
import { printable } from "../observe/printable.ts";
import { WHO } from "../observe/who.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";
import { shown } from "./shown.ts";
import { styled } from "./terminal.ts";

const MARKS = {
  ok: ["green", "ok     "],
  warn: ["yellow", "warn   "],
  fail: ["red", "FAIL   "],
  skip: ["dim", "skip   "],
  unknown: ["dim", "unknown"],
} as const;

const CODES = { open: EXIT.good, closed: EXIT.broken, unknown: EXIT.couldNotTell } as const;

export async function explain(local: string, remote: string, options: ServerOptions): Promise<number> {
  const query = new URLSearchParams({ from: local, to: remote });
  const answer: Explanation = await Client.open(options).ask(ANSWERS.explanation, `/explain?${query}`);
  if (options.json) sayJson(answer);
  else say(print(answer));
  return CODES[answer.verdict];
}

function print({ local, remote, verdict, headline, directions, stages }: Explanation): string {
  const { out, in: inward } = directions;
  const broken = out.verdict !== "closed" && inward.verdict === "closed";
  const lines = [
    styled("bold", shown(`${local} -> ${remote}`)),
    ...(broken ? [styled("red", shown(`The other direction is broken: ${headline}`))] : []),
    "",
    ...stages.flatMap(printStage),
    "",
    ...printCause(out, stages, "pair"),
    ...(inward.cause === out.cause ? [] : printCause(inward, stages, "incoming")),
  ];
  const sentences = [out, inward].map((way) => styled(COLOURS[way.verdict], shown(`${way.sentence}.`)));
  return [...lines, ...sentences, styled(COLOURS[verdict], VERDICTS[verdict])].join("\n");
}

const COLOURS = { open: "green", closed: "red", unknown: "yellow" } as const;

const VERDICTS = {
  open: "The pair is open.",
  closed: "The pair is closed.",
  unknown: "Not known: see above.",
} as const;

function printStage({ id, title, verdict, evidence, hint }: Stage): string[] {
  const [style, mark] = MARKS[verdict];
  const first = `${styled(style, mark)}  ${shown(title)}  ${styled("dim", id)}`;
  return [
    first,
    ...(verdict === "skip" ? [] : printEvidence(evidence)),
    ...(hint === null ? [] : [`           next: ${shown(hint)}`]),
  ];
}

/** One line per fact, in words; what is deeper stays for --json. */
function printEvidence(evidence: Stage["evidence"]): string[] {
  if (typeof evidence !== "object" || evidence === null || Array.isArray(evidence)) return [];
  return Object.entries(evidence).flatMap(([key, value]) => {
    const label = LABELS[key];
    const text = label === undefined ? "" : wordsOf(value);
    return text === "" ? [] : [shown(`           ${label}: ${text}`)];
  });
}

/** What is not here is said elsewhere (the cause), or of use to a program alone. */
const LABELS: Readonly<Record<string, string>> = {
  proof: "policy",
  proofFrom: "said by",
  allowInsecureDelegation: "takes unsigned delegations",
  daneInbound: "DANE of who calls us",
  refusedBy: "refused by",
  pattern: "by the pattern",
  blockedUntil: "blocked by an operator until",
  domain: "domain",
  service: "service",
  security: "DNSSEC",
  targets: "servers",
  why: "because",
  connection: "connection",
  local: "our name on it",
  remote: "the peer's name",
  serverNames: "names in its certificate",
  encrypted: "encrypted",
  prooftype: "proven by",
  expires: "until",
  tried: "tried",
  state: "state",
  send: "sends on",
  recv: "receives on",
  queued: "stanzas waiting",
  carries: "carries this pair",
  asking: "the peer is asking now",
  decision: "last decision",
  decidedAt: "at",
  decidedOn: "on the connection",
  by: "by",
  condition: "condition",
  peerText: "in the peer's words",
  peer: "peer",
  proofTried: "proof that was tried",
  dns: "DNSSEC of who asks us",
  tls: "TLS",
  subject: "its certificate",
  issuer: "issued by",
  identifiers: "with the names",
  notBefore: "valid from",
  notAfter: "valid until",
  found: "what was found",
};

/** Nothing for what is deeper. */
function wordsOf(value: Detail): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object" || value === null) return String(value ?? "");
  if (!Array.isArray(value)) return "";
  return value.map((one) => typeof one === "object" ? targetOf(one) : String(one)).join(", ");
}

function targetOf(one: Detail): string {
  const { host, port } = one as { host?: string; port?: number };
  return host === undefined ? "" : `${host}:${port}`;
}

/** What to do and the command to see it stand with the stage that the direction ends with. */
function printCause({ from, to, cause }: Way, stages: readonly Stage[], id: "pair" | "incoming"): string[] {
  if (cause === null) return [];
  const { text, fault } = CAUSES[cause];
  const { evidence, hint } = stages.find((stage) => stage.id === id)!;
  const { verify = null } = evidence as { readonly verify?: string | null };
  return [
    shown(`${from} -> ${to}`),
    `Why:               ${text} (${cause})`,
    `Who can fix:       ${WHO[fault]}`,
    `Next:              ${shown(hint ?? CAUSES[cause].next)}`,
    ...(verify === null ? [] : [`See for yourself:  ${printable(verify)}`]),
    `More:              verona help ${cause}`,
    "",
  ];
}
