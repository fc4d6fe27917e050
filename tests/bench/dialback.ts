/**
 * `./dev bench --dialback`: answering `db:verify` as authoritative server, and verifying requests as receiving server,
 * Verona beside ejabberd and Prosody in one run. docs/bench.md.
 */
import { answerTurn, type Contender, CUSTOMERS, verifyTurn } from "./dialback_turns.ts";
import { EJABBERD } from "./ejabberd.ts";
import { type Place, SECRET } from "./lab.ts";
import { prosodyWith } from "./prosody.ts";
import { DEFAULTS, type DialbackTurn } from "./report_dialback.ts";
import type { Kind } from "./server.ts";
import { ANSWERING, authoritative, EACH, VERIFYING } from "./verifying.ts";
import { veronaWith } from "./verona.ts";

const TURN_MS = 120_000;

const print = (limits: Record<string, number>): string =>
  Object.entries(limits).map(([key, value]) => `${key}=${value}`).join(" ");

const receiving = (limits: Record<string, number>): Kind =>
  veronaWith(() => ({ policy: { proof: "encrypted" }, limits }));

const PROSODY = prosodyWith(`s2s_secure_auth = false\ndialback_secret = "${SECRET}"`);

const customer = ({ domain }: Place): string => domain;
const host = ({ host }: Place): string => host;

const AUTHORITATIVE: readonly Contender[] = [
  { kind: authoritative(CUSTOMERS, ANSWERING), serves: customer, limits: print(ANSWERING), most: 20_000 },
  { kind: authoritative(CUSTOMERS, {}), serves: customer, limits: DEFAULTS, most: 60 },
  {
    kind: EJABBERD,
    serves: host,
    limits: "its defaults; its key is unknown to us, so it says invalid",
    most: 20_000,
  },
  { kind: PROSODY, serves: host, limits: "limits = {}", most: 20_000 },
];

const RECEIVING: readonly Contender[] = [
  { kind: receiving(VERIFYING), serves: customer, limits: print(VERIFYING), most: EACH },
  { kind: receiving({}), serves: customer, limits: DEFAULTS, most: 5 },
  { kind: EJABBERD, serves: host, limits: "its defaults", most: EACH },
  { kind: PROSODY, serves: host, limits: "limits = {}", most: EACH },
];

/** What is measured, by whom. */
const ROLES = [
  { contenders: AUTHORITATIVE, turn: answerTurn },
  { contenders: RECEIVING, turn: verifyTurn("receiving") },
  // The defaults are slow by intent: once is enough.
  {
    contenders: RECEIVING.filter(({ limits }) => limits !== DEFAULTS),
    turn: verifyTurn("receiving-apart"),
  },
];

/** A turn of each contender; those that fail are told to `failed`. */
export async function dialbackRound(
  only: readonly string[] | undefined,
  quick: boolean,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<DialbackTurn[]> {
  const turns: DialbackTurn[] = [];
  for (const { contenders, turn } of ROLES) {
    for (const contender of contenders) {
      const { kind: { name }, limits } = contender;
      if (stop.aborted || !(only?.includes(name) ?? true)) continue;
      const most = quick && turn === answerTurn ? Math.ceil(contender.most / 4) : contender.most;
      try {
        turns.push(await within(turn({ ...contender, most })));
      } catch (error) {
        failed(`dialback, ${name} (${limits}): ${(error as Error).message}`);
      }
    }
  }
  return turns;
}

function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done after ${TURN_MS / 1000} s`)), TURN_MS);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
