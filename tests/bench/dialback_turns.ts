/** One turn of dialback in each role: a script asks, the server under test answers or verifies. */
import { dialbackKey } from "../../xmpp/dialback.ts";
import { DialbackStream } from "./dialback_stream.ts";
import { cpuMs } from "./proc.ts";
import { customersOf, type Pair, type Place, SECRET, setUp } from "./lab.ts";
import type { DialbackTurn } from "./report_dialback.ts";
import { type Kind, Server } from "./server.ts";
import { type More, veronaWith } from "./verona.ts";

const STREAMS = 4;
/** Customers that one stream asks for. */
export const EACH = 125;
/** Those of the passes that warm up, and those of the pass that is measured: nobody has a connection to them before. */
const CUSTOMERS = 2 * STREAMS * EACH;
/** Requests of one stream that are under way at once: a hundred in all, the default of `verify_connections`. */
const WINDOW = 25;
/** What is measured is the long run. */
const WARM_PASSES = 3;

/** Who is measured. */
export interface Contender {
  readonly kind: Kind;
  /** The domain that it serves without a component. */
  readonly serves: (place: Place) => string;
  readonly limits: string;
  /** How many are asked for: with the defaults few, for they are slow by intent. */
  readonly most: number;
}

/** What an authoritative server has lifted when it is asked by a test of speed, */
export const ANSWERING = { verify_answers_per_second: 1_000_000, unproven_bytes_per_second: 0 };
/** and when it is called back often. */
const ASKED_OFTEN = {
  attempts_per_minute: 1_000_000,
  connections_per_address: 4000,
  unproven_per_address: 1000,
};

/** A Verona with customers, a secret that we know too, and limits. */
export const authoritative = (limits: Record<string, number>): Kind =>
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

/** One connection asks, a hundred questions ahead of its answers. */
export async function answerTurn({ kind, serves, limits, most }: Contender): Promise<DialbackTurn> {
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

/**
 * Some streams without certificate ask; the authoritative server is a Verona with its limits lifted.
 *
 * `receiving`: all streams ask for the same customers, so that questions of one pair may share a connection.
 * `receiving-apart`: each for customers of its own, so that every question costs a connection.
 */
export const verifyTurn = (role: "receiving" | "receiving-apart") =>
async (
  { kind, serves, limits, most }: Contender,
): Promise<DialbackTurn> => {
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
  const first = (n: number) => role === "receiving" ? 0 : n * EACH;
  const pass = (customers: readonly string[]) =>
    Promise.all(Array.from({ length: STREAMS }, (_, n) => ask(customers.slice(first(n), first(n) + most))));
  for (let n = 0; n < WARM_PASSES; n++) await pass(warm);
  return await measured(role, server, limits, async () => {
    const counts = await pass(fresh);
    return counts.reduce((sum, one) => ({
      valid: sum.valid! + one.valid!,
      invalid: sum.invalid! + one.invalid!,
      error: sum.error! + one.error!,
    }));
  });
};

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
