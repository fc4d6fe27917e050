/** Health and metrics, for whoever watches over machines: terse, and open on loopback. console.md 4.1, 4.4. */
import type { Readiness } from "../contract.ts";
import { CONTENT_TYPE, formatFor } from "../metrics/accept.ts";
import { printable } from "../printable.ts";
import { isNamed } from "./access.ts";
import { json, plain } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const HEALTH: readonly Endpoint[] = [
  { method: "GET", path: "/livez", role: null, about: "the process answers", answer: () => plain("ok\n") },
  {
    method: "GET",
    path: "/readyz",
    role: null,
    about:
      "200 when it can serve, else 503 with the causes; `verbose`: every check; JSON where it is accepted; what was seen only with a token",
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

async function ready(call: Call): Promise<Response> {
  const { parts, request, url } = call;
  const seen = await parts.health.now();
  const readiness = isNamed(call, parts) ? seen : withoutNames(seen);
  const status = readiness.ready ? 200 : 503;
  if (request.headers.get("accept")?.includes("application/json")) return json(readiness, status);
  return plain(url.searchParams.has("verbose") ? everything(readiness) : failing(readiness), status);
}

/** What was seen is for those who are let in. console.md 4.4. */
function withoutNames({ ready, checks }: Readiness): Readiness {
  return { ready, checks: checks.map((check) => ({ ...check, detail: null })) };
}

/** Without what was seen: no name and no address is in it. */
function failing({ ready, checks }: Readiness): string {
  if (ready) return "ok\n";
  return checks.filter(({ ok }) => !ok)
    .map(({ name, cause, text }) => `[-] ${name}: ${cause}: ${text}\n`).join("");
}

/** As Kubernetes' own components say it. */
function everything({ ready, checks }: Readiness): string {
  const lines = checks.map(({ name, ok, cause, text, detail }) =>
    ok
      ? `[+] ${name}\n`
      : `[-] ${[name, cause, text, ...detail === null ? [] : [printable(detail)]].join(": ")}\n`
  );
  return `${lines.join("")}${ready ? "ready" : "not ready"}\n`;
}

async function metrics({ parts, request }: Call): Promise<Response> {
  const format = formatFor(request.headers.get("accept"));
  return new Response(await parts.metrics.print(format), {
    headers: { "content-type": CONTENT_TYPE[format], vary: "accept" },
  });
}
