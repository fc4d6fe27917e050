/** One turn of dialback in each role: a script asks, the server under test answers or verifies. */
import { cpuMs } from "./proc.ts";
import { customersOf, type Pair, type Place, setUp } from "./lab.ts";
import type { DialbackTurn } from "./report_dialback.ts";
import { type Kind, Server } from "./server.ts";
import { calledBack, EACH, keyFor, openStream, STREAMS, verified } from "./verifying.ts";

/** Those of the passes that warm up, and those of the pass that is measured: nobody has a connection to them before. */
export const CUSTOMERS = 2 * STREAMS * EACH;
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

/** One connection asks, a hundred questions ahead of its answers. */
export async function answerTurn({ kind, serves, limits, most }: Contender): Promise<DialbackTurn> {
  await using stack = new AsyncDisposableStack();
  const [, place] = await pairOf(kind, stack);
  const server = stack.use(await Server.start(kind, place));
  const served = serves(place);
  using stream = await openStream(place, "asker.bench", served);
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
 * Who is called back is a Verona with its limits lifted.
 *
 * `receiving`: all streams ask for the same customers, so that questions of one pair may share a connection.
 * `receiving-apart`: each for customers of its own, so that every question costs a connection.
 */
export const verifyTurn =
  (role: "receiving" | "receiving-apart") =>
  async ({ kind, serves, limits, most }: Contender): Promise<DialbackTurn> => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pairOf(kind, stack);
    stack.use(await Server.start(calledBack(CUSTOMERS), a));
    const server = stack.use(await Server.start(kind, b));
    const all = customersOf(a, CUSTOMERS);
    const [warm, fresh] = [all.slice(0, STREAMS * EACH), all.slice(STREAMS * EACH)];
    const first = (n: number) => role === "receiving" ? 0 : n * EACH;
    const pass = (customers: readonly string[]) =>
      verified(b, serves(b), (n) => customers.slice(first(n), first(n) + most));
    for (let n = 0; n < WARM_PASSES; n++) await pass(warm);
    return await measured(role, server, limits, () => pass(fresh));
  };

async function pairOf(kind: Kind, stack: AsyncDisposableStack): Promise<Pair> {
  return (await setUp([kind.name], stack, { customers: CUSTOMERS })).get(kind.name)!;
}

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
