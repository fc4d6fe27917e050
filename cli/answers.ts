/** What a command relies on in an answer: whoever sits at the address may be no Verona, or another version. Further fields pass. */
import { z } from "zod";
import { CAUSES } from "../facts/cause.ts";
import type { TableName } from "../observe/contract.ts";

/** What an answer has to look like. The contract (observe/contract) says what it then is. */
export type Shape = z.ZodType;

const object = z.looseObject;
const text = z.string();
const texts = z.array(text);
const number = z.number();
const flag = z.boolean();
const textOrNull = text.nullable();
const time = text.refine((written) => !Number.isNaN(Date.parse(written)), "expected a time");
const timeOrNull = time.nullable();

const connection = object({
  ...{ id: text, direction: z.enum(["in", "out"]), state: text, machine: text, bidi: flag, since: time },
  ...{ local: textOrNull, remote: textOrNull, peer: textOrNull, streamId: textOrNull, cause: textOrNull },
  ...{ serverNames: texts, pairs: number, unacknowledged: number, rttMs: number.nullable() },
  delegated: z.array(object({ domain: text, prooftype: text })),
  delegatedCount: number,
  stanzas: object({ in: number, out: number }),
  tls: object({ version: text }).nullable(),
  certificate: object({ expires: timeOrNull }).nullable(),
});

const route = object({
  ...{ local: text, remote: text, state: text, send: texts, recv: texts },
  ...{ queued: number, queuedBytes: number, failures: number, boundMs: number.nullable() },
  ...{ prooftype: textOrNull, reason: textOrNull },
  ...{ expires: timeOrNull, recheckAt: timeOrNull, nextAttemptAt: timeOrNull },
});

const proof = object({
  ...{ domain: text, prooftype: text, state: text, target: textOrNull, connection: text },
  ...{ checkedAt: time, recheckAt: timeOrNull, expires: timeOrNull },
});

const domain = object({ name: text, component: text, policy: text, since: time, origin: text });

const list = (name: TableName, row: Shape): Shape =>
  object({ [name]: z.array(row), total: number, all: number, now: time });

/** By the table that is asked for. */
export const LISTS: Readonly<Record<TableName, Shape>> = {
  connections: list("connections", connection),
  routes: list("routes", route),
  proofs: list("proofs", proof),
  domains: list("domains", domain),
};

const named = (name: TableName, field: string): Shape =>
  object({ [name]: z.array(object({ [field]: text })) });

/** Of the same, no more than their names: what Tab shows. */
export const NAMES = {
  connections: named("connections", "id"),
  domains: named("domains", "name"),
  routes: named("routes", "remote"),
} satisfies Readonly<Record<string, Shape>>;

const event = object({
  ...{ seq: number, at: time, type: text },
  detail: object({}).optional(),
});

const stage = object({
  ...{ id: text, title: text, hint: textOrNull },
  verdict: z.enum(["ok", "warn", "fail", "skip", "unknown"]),
  evidence: z.json(),
});

const openness = z.enum(["open", "closed", "unknown"]);
const cause = z.enum(Object.keys(CAUSES)).nullable();
const way = object({ from: text, to: text, verdict: openness, cause, sentence: text });

const pair = object({ local: text, remote: text });

const auditRow = object({
  ...{ id: number, at: time, role: textOrNull, by: textOrNull, address: text, what: text },
  ...{ detail: textOrNull, status: number.nullable(), cause: textOrNull },
});

const policyRow = object({
  ...{ remote: text, proof: text, origin: text, inFile: textOrNull, since: timeOrNull },
});

const healthCheck = object({
  ...{ name: text, ok: flag, cause: textOrNull, text: textOrNull, detail: textOrNull },
});

/** By what was asked. */
export const ANSWERS = {
  audit: object({ audit: z.array(auditRow) }),
  blocks: object({ blocks: z.array(object({ local: text, remote: text, until: time })), total: number }),
  closed: object({ closed: text }),
  connection,
  event,
  events: object({ epoch: text, ended: flag, left: number, events: z.array(event) }),
  explanation: object({
    ...{ local: text, remote: text, verdict: openness, headline: text, stages: z.array(stage) },
    directions: object({ out: way, in: way }),
  }),
  hosted: object({ name: text, warnings: z.array(object({ key: text, text })) }),
  logInLink: object({ url: text }),
  logLevel: object({ level: text, usual: text }),
  /** 204. */
  nothing: z.undefined(),
  pinged: object({ stage }),
  policies: object({ policies: z.array(policyRow), total: number }),
  policy: object({ remote: text, proof: text }),
  readiness: object({ ready: flag, checks: z.array(healthCheck) }),
  rechecked: object({ proofs: number, retried: flag }),
  reloaded: object({ applied: texts, restart: texts }),
  lifted: object({ lifted: pair }),
  revoked: object({ revoked: pair, blockedUntil: timeOrNull }),
  suspended: object({ name: text, suspended: flag }),
} satisfies Readonly<Record<string, Shape>>;

/** RFC 9457: what every refusal is. */
export const PROBLEM = object({ title: text, status: number, cause: text, hint: text });
