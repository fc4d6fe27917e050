/** Health and metrics, for whoever watches over machines: terse, and open on loopback. console.md 4.1, 4.4. */
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

/** OpenMetrics to whom asks for it, else the older text format that everything reads. */
function metrics({ parts, request }: Call): Response {
  const open = request.headers.get("accept")?.includes("application/openmetrics-text") ?? false;
  const type = open ? "application/openmetrics-text; version=1.0.0" : "text/plain; version=0.0.4";
  return new Response(parts.metrics.print(parts.view, parts.version, open ? "openmetrics" : "text"), {
    headers: { "content-type": `${type}; charset=utf-8` },
  });
}
