/** A real attempt to open a pair, as `verona check` makes it, from the running server's machine. design.md 2.4; console.md 3.5. */
import type { CheckLine, CheckReport, Stage } from "../contract.ts";
import { Problem } from "../problem.ts";
import type { Domain, DomainPair } from "../../xmpp/domain.ts";
import { NOT_HOSTED, readPair } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

/** Makes attempts with a server of its own: no table of the running one is touched. */
export interface Checks {
  isHosted(local: Domain): boolean;
  run(
    pair: DomainPair,
    depth: CheckReport["stage"],
    signal: AbortSignal,
    heard: (stage: Stage) => void,
  ): Promise<CheckReport>;
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
      'try for real to open the pair `{"from", "domain"}`, or go no further than `"stage"` (dns, tcp, tls, proof); stages as JSON lines, the report last',
    answer: check,
  },
];

function check({ parts: { checks }, body: { from, domain, stage = "pair" }, request }: Call): Response {
  if (typeof domain !== "string" || typeof from !== "string") {
    const example = 'for example {"from":"a.example","domain":"b.example"}';
    throw new Problem(400, "api.body", "from and domain are needed", example);
  }
  if (!isDepth(stage)) {
    throw new Problem(400, "api.body", "there is no such stage", `one of ${DEPTHS.join(", ")}`);
  }
  const pair = readPair(from, domain);
  if (!checks.isHosted(pair.local)) {
    throw new Problem(404, "route.not-hosted", `"${pair.local}" is not hosted here`, NOT_HOSTED);
  }
  if (underway >= MOST_CHECKS) {
    const headers = { "retry-after": "10" };
    throw new Problem(
      429,
      "api.checks",
      `${MOST_CHECKS} checks are under way`,
      "wait for one of them",
      headers,
    );
  }
  return new Response(lines(checks, pair, stage, request.signal), {
    headers: { "content-type": "application/x-ndjson" },
  });
}

/** Whoever goes away ends the attempt. */
function lines(
  checks: Checks,
  pair: DomainPair,
  depth: Depth,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  signal.addEventListener("abort", () => over.abort());
  underway++;
  return new ReadableStream({
    start: (controller) => {
      const write = (line: CheckLine) => {
        if (!over.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      void checks.run(pair, depth, over.signal, (stage) => write({ stage })).then(
        (report) => {
          write({ report });
          if (!over.signal.aborted) controller.close();
        },
        (error) => controller.error(error),
      ).finally(() => underway--);
    },
    cancel: () => over.abort(),
  });
}

const encoder = new TextEncoder();
