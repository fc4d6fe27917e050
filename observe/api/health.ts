/** Health and metrics, for whoever watches over machines: terse, and open on loopback. console.md 4.1, 4.4. */
import { CONTENT_TYPE, formatFor } from "../metrics/accept.ts";
import { plain } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const HEALTH: readonly Endpoint[] = [
  { method: "GET", path: "/livez", role: null, about: "the process answers", answer: () => plain("ok\n") },
  {
    method: "GET",
    path: "/readyz",
    role: null,
    about: "200 when it can serve, else 503 with the reasons",
    answer: ready,
  },
  {
    method: "GET",
    path: "/metrics",
    role: null,
    about: "OpenMetrics where the client accepts it, else the text format 0.0.4",
    answer: metrics,
  },
];

async function ready({ parts }: Call): Promise<Response> {
  const { ready, reasons } = await parts.view.readiness();
  return ready ? plain("ok\n") : plain(reasons.map((reason) => `[-] ${reason}\n`).join(""), 503);
}

async function metrics({ parts, request }: Call): Promise<Response> {
  const format = formatFor(request.headers.get("accept"));
  return new Response(await parts.metrics.print(format), {
    headers: { "content-type": CONTENT_TYPE[format], vary: "accept" },
  });
}
