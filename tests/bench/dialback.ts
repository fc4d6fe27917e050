/**
 * `./dev bench --dialback`: answering `db:verify` as authoritative server, and verifying requests as receiving server,
 * Verona beside ejabberd and Prosody in one run. docs/bench.md.
 */
import { dialbackKey } from "../../xmpp/dialback.ts";
import { DialbackStream } from "./dialback_stream.ts";
import { EJABBERD } from "./ejabberd.ts";
import { customersOf, type Pair, type Place, SECRET, setUp } from "./lab.ts";
import { prosodyWith } from "./prosody.ts";
import { DEFAULTS, type DialbackTurn } from "./report_dialback.ts";
import { type Kind, Server } from "./server.ts";
import { type More, veronaWith } from "./verona.ts";

const STREAMS = 4;
/** Customers of the authoritative server that one stream asks for: nobody else does, so each costs a connection. */
const EACH = 125;
/** Those of the passes that warm up, and those of the pass that is measured: nobody has a connection to them before. */
const CUSTOMERS = 2 * STREAMS * EACH;
/** Requests of one stream that are under way at once: a hundred in all, the default of `verify_connections`. */
const WINDOW = 25;
/** What is measured is the long run. */
const WARM_PASSES = 3;
const TURN_MS = 120_000;

/** What a test of speed has to lift, and prints. */
const ANSWERING = { verify_answers_per_second: 1_000_000, unproven_bytes_per_second: 0 };
const ASKED_OFTEN = {
  attempts_per_minute: 1_000_000,
  connections_per_address: 4000,
  unproven_per_address: 1000,
};
const VERIFYING = {
  proof_requests_per_second_unproven: 1_000_000,
  proof_requests_per_second: 1_000_000,
  pending_requests_unproven: 1000,
  unproven_bytes_per_second: 0,
  proofs_per_address_unproven: 500,
  proofs_per_address: 500,
  verify_per_domain: 8,
};
const print = (limits: Record<string, number>): string =>
  Object.entries(limits).map(([key, value]) => `${key}=${value}`).join(" ");

/** Customers, a secret that we know too, and limits. */
const authoritative = (limits: Record<string, number>): Kind =>
  veronaWith((place) => ({
    ...secretOf(place),
    limits,
    domain: [place.domain, ...customersOf(place, CUSTOMERS)].map((name) => ({
      name,
      component_secret: SECRET,
    })),
  }));

const secretOf: More = ({ folder }) => {
  Deno.writeTextFileSync(`${folder}/dialback.secret`, SECRET, { mode: 0o600 });
  return { server: { dialback_secret_file: `${folder}/dialback.secret` } };
};

const receiving = (limits: Record<string, number>): Kind =>
  veronaWith(() => ({ policy: { proof: "encrypted" }, limits }));

const PROSODY = prosodyWith(`s2s_secure_auth = false\ndialback_secret = "${SECRET}"`);

interface Contender {
  readonly kind: Kind;
  /** The domain that it serves without a component. */
  readonly serves: (place: Place) => string;
  readonly limits: string;
  /** How many are asked for: with the defaults few, for they are slow by intent. */
  readonly most: number;
}

const customer = ({ domain }: Place): string => domain;
const host = ({ host }: Place): string => host;

const AUTHORITATIVE: readonly Contender[] = [
  { kind: authoritative(ANSWERING), serves: customer, limits: print(ANSWERING), most: 20_000 },
  { kind: authoritative({}), serves: customer, limits: DEFAULTS, most: 60 },
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

/** A turn of each contender; those that fail are told to `failed`. */
export async function dialbackRound(
  only: readonly string[] | undefined,
  quick: boolean,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<DialbackTurn[]> {
  const turns: DialbackTurn[] = [];
  for (const [role, contenders] of [["authoritative", AUTHORITATIVE], ["receiving", RECEIVING]] as const) {
    for (const contender of contenders) {
      const { kind: { name }, limits } = contender;
      if (stop.aborted || !(only?.includes(name) ?? true)) continue;
      const most = quick ? Math.ceil(contender.most / 4) : contender.most;
      const turn = role === "authoritative" ? answerTurn : verifyTurn;
      try {
        turns.push(await within(turn({ ...contender, most })));
      } catch (error) {
        failed(`${role} ${name} (${limits}): ${(error as Error).message}`);
      }
    }
  }
  return turns;
}

/** One connection asks, a hundred questions ahead of its answers. */
async function answerTurn({ kind, serves, limits, most }: Contender): Promise<DialbackTurn> {
  await using stack = new AsyncDisposableStack();
  const [, place] = await pairOf(kind, stack);
  const server = stack.use(await Server.start(kind, place));
  const served = serves(place);
  using stream = await open(place, "asker.bench", served);
  const questions = Array.from({ length: most }, (_, n) => {
    const id = `question-${n}`;
    const key = keyFor({ receiving: "asker.bench", originating: served, streamId: id });
    return `<db:verify from='asker.bench' to='${served}' id='${id}'>${key}</db:verify>`;
  });
  const warm = Math.floor(most / 4);
  await stream.ask(questions.slice(0, warm), 100, "verify");
  return await measured(
    "authoritative",
    server,
    limits,
    () => stream.ask(questions.slice(warm), 100, "verify"),
  );
}

/** Some streams without certificate ask for a customer each at a time; the authoritative server is a Verona with its limits lifted. */
async function verifyTurn({ kind, serves, limits, most }: Contender): Promise<DialbackTurn> {
  await using stack = new AsyncDisposableStack();
  const [a, b] = await pairOf(kind, stack);
  stack.use(await Server.start(authoritative({ ...ANSWERING, ...ASKED_OFTEN }), a));
  const server = stack.use(await Server.start(kind, b));
  const target = serves(b);
  const ask = async (senders: readonly string[]) => {
    using stream = await open(b, senders[0]!, target);
    const requests = senders.map((sender) => {
      const key = keyFor({ receiving: target, originating: sender, streamId: stream.id });
      return `<db:result from='${sender}' to='${target}'>${key}</db:result>`;
    });
    return await stream.ask(requests, WINDOW, "result");
  };
  const all = customersOf(a, CUSTOMERS);
  const [warm, fresh] = [all.slice(0, STREAMS * EACH), all.slice(STREAMS * EACH)];
  const pass = (customers: readonly string[]) =>
    Promise.all(Array.from({ length: STREAMS }, (_, n) => ask(customers.slice(n * EACH, n * EACH + most))));
  for (let n = 0; n < WARM_PASSES; n++) await pass(warm);
  return await measured("receiving", server, limits, async () => {
    const counts = await pass(fresh);
    return counts.reduce((sum, one) => ({
      valid: sum.valid! + one.valid!,
      invalid: sum.invalid! + one.invalid!,
      error: sum.error! + one.error!,
    }));
  });
}

async function pairOf(kind: Kind, stack: AsyncDisposableStack): Promise<Pair> {
  return (await setUp([kind.name], stack, { customers: CUSTOMERS })).get(kind.name)!;
}

async function open(at: Place, from: string, to: string): Promise<DialbackStream> {
  const ca = await Deno.readTextFile(at.ca);
  return await DialbackStream.open({ ip: at.ip, from, to, ca, name: at.name });
}

const keyFor = (subject: Parameters<typeof dialbackKey>[1]): string => dialbackKey(SECRET, subject);

async function measured(
  role: DialbackTurn["role"],
  { pid, name }: Server,
  limits: string,
  work: () => Promise<Record<string, number>>,
): Promise<DialbackTurn> {
  const [began, cpu] = [performance.now(), await cpuMs(pid)];
  const answers = await work();
  const [elapsed, spent] = [performance.now() - began, await cpuMs(pid) - cpu];
  const done = Object.values(answers).reduce((sum, n) => sum + n, 0);
  return {
    role,
    server: name,
    limits,
    done,
    perSecond: done / elapsed * 1000,
    cpuUs: spent / done * 1000,
    answers,
  };
}

/** `utime + stime` of /proc/PID/stat, in ticks of 10 ms. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
  return (user! + system!) * 10;
}

function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done after ${TURN_MS / 1000} s`)), TURN_MS);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
