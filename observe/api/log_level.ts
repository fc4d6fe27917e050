/** What is logged: asked, and changed for a while. console.md 4.3. */
import { parseLevels, printLevels } from "../levels.ts";
import { Problem } from "../problem.ts";
import { duration, json } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

const PATH = "/api/v1/log-level";
const MOST_MS = 24 * 3_600_000;

export const LOG_LEVEL: readonly Endpoint[] = [
  {
    method: "GET",
    path: PATH,
    role: "viewer",
    about: "what is logged now, and usually: `info,route=debug`",
    answer: ({ parts: { log } }) => json({ level: printLevels(log.now), usual: printLevels(log.usual) }),
  },
  {
    method: "PUT",
    path: PATH,
    role: "operator",
    about: 'log so for a while, `{"level": "dns=debug", "for": "10m"}`, then as usual again',
    answer: put,
  },
];

function put(call: Call): Response {
  const { parts: { log, recorder }, body } = call;
  const read = parseLevels(String(body.level), log.now);
  if ("wrong" in read) throw new Problem(400, "api.body", read.wrong, `one of ${read.oneOf.join(", ")}`);
  const forMs = duration(call, "for", "10m", MOST_MS);
  const level = printLevels(read);
  // Before it: what raises the level shall not hide that.
  recorder.tell({ type: "operator.acted", detail: { action: "log.level", levels: level, forMs } });
  log.set(read, forMs);
  return json({ level, usual: printLevels(log.usual), forMs });
}
