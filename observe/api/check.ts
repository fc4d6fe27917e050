/** A real attempt to open a pair, as `verona check` makes it, from the running server's machine. design.md 2.4; console.md 3.5. */
import type { CheckLine, CheckReport, Stage } from "../contract.ts";
import { Problem } from "../problem.ts";
import type { Domain, DomainPair } from "../../xmpp/domain.ts";
import { json, NOT_HOSTED, readPair } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

/** Makes attempts with a server of its own: no table of the running one is touched. */
export interface Checks {
  isHosted(local: Domain): boolean;
  run(
    pair: DomainPair,
    /** `both`: also whether the peer can reach us. */
    how: { readonly depth: CheckReport["stage"]; readonly both: boolean },
    signal: AbortSignal,
    heard: (stage: Stage) => void,
  ): Promise<CheckReport>;
  /** Whether the peer can reach us, by a ping that it has to answer to the running server. */
  back(pair: DomainPair, signal: AbortSignal): Promise<Stage>;
}

type Depth = CheckReport["stage"];

const DEPTHS: readonly Depth[] = ["dns", "tcp", "tls", "proof", "pair"];

const isDepth = (word: unknown): word is Depth => DEPTHS.includes(word as Depth);

/** console.md 2.4: it makes traffic of its own. */
const MOST_CHECKS = 4;

let underway = 0;

export const CHECK: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/api/v1/check",
    role: "operator",
    about:
      'try for real to open the pair `{"from", "domain"}`, or go no further than `"stage"` (dns, tcp, tls, proof), with `"bothWays": true` also back; stages as JSON lines, the report last',
    answer: check,
  },
  {
    method: "POST",
    path: "/api/v1/routes/:local/:remote/ping",
    role: "operator",
    about:
      "whether the remote domain can reach us: a ping that it has to answer here; the stage `pair.both-ways`",
    answer: ping,
  },
];

async function ping({ parts: { checks }, params, request }: Call): Promise<Response> {
  const pair = hostedPair(checks, params[0]!, params[1]!);
  await using _place = takePlace();
  return json({ stage: await checks.back(pair, request.signal) });
}

function hostedPair(checks: Checks, local: string, remote: string): DomainPair {
  const pair = readPair(local, remote);
  if (checks.isHosted(pair.local)) return pair;
  throw new Problem(404, "route.not-hosted", `"${pair.local}" is not hosted here`, NOT_HOSTED);
}

/** @throws {Problem} when too many are under way. */
function takePlace(): AsyncDisposable {
  if (underway >= MOST_CHECKS) {
    const headers = { "retry-after": "10" };
    const title = `${MOST_CHECKS} checks are under way`;
    throw new Problem(429, "api.checks", title, "wait for one of them", headers);
  }
  underway++;
  return { [Symbol.asyncDispose]: () => Promise.resolve(void underway--) };
}

function check({ parts: { checks }, body, request }: Call): Response {
  const { from, domain, stage = "pair", bothWays = false } = body;
  if (typeof domain !== "string" || typeof from !== "string") {
    const example = 'for example {"from":"a.example","domain":"b.example"}';
    throw new Problem(400, "api.body", "from and domain are needed", example);
  }
  if (!isDepth(stage)) {
    throw new Problem(400, "api.body", "there is no such stage", `one of ${DEPTHS.join(", ")}`);
  }
  if (typeof bothWays !== "boolean" || (bothWays && stage !== "pair")) {
    throw new Problem(
      400,
      "api.body",
      "bothWays is true or false, and goes all the way",
      'leave "stage" out',
    );
  }
  const pair = hostedPair(checks, from, domain);
  const place = takePlace();
  return new Response(lines(checks, pair, { depth: stage, both: bothWays }, request.signal, place), {
    headers: { "content-type": "application/x-ndjson" },
  });
}

/** Whoever goes away ends the attempt. */
function lines(
  checks: Checks,
  pair: DomainPair,
  how: { readonly depth: Depth; readonly both: boolean },
  signal: AbortSignal,
  place: AsyncDisposable,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  signal.addEventListener("abort", () => over.abort());
  return new ReadableStream({
    start: (controller) => {
      const write = (line: CheckLine) => {
        if (!over.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      void checks.run(pair, how, over.signal, (stage) => write({ stage })).then(
        (report) => {
          write({ report });
          if (!over.signal.aborted) controller.close();
        },
        (error) => controller.error(error),
      ).finally(() => place[Symbol.asyncDispose]());
    },
    cancel: () => over.abort(),
  });
}

const encoder = new TextEncoder();
