/** The domains hosted here, changed while the server runs. design.md 2.4; docs/decisions/0180. */
import { hosted } from "../../config/policy.ts";
import type { HostedDomain } from "../../config/config.ts";
import { Problem } from "../problem.ts";
import { json, kept, readDomain } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

const PATH = "/api/v1/domains/:name";

export const DOMAINS: readonly Endpoint[] = [
  {
    method: "PUT",
    path: PATH,
    role: "operator",
    about:
      'host a domain, `{"component_secret", "policy"}`: 201, or 200 when it was, with `warnings` as of `config check`; `{}` gives one of the file back to the file',
    answer: put,
  },
  {
    method: "DELETE",
    path: PATH,
    role: "operator",
    about: "host it no longer, though the file says so: 204",
    answer: remove,
  },
  {
    method: "POST",
    path: `${PATH}/suspend`,
    role: "operator",
    about: "it stays hosted and federates with nobody",
    answer: (call) => suspend(call, true),
  },
  {
    method: "POST",
    path: `${PATH}/resume`,
    role: "operator",
    about: "it federates again",
    answer: (call) => suspend(call, false),
  },
];

function put({ parts, params, body }: Call): Response {
  const name = readDomain(params[0]!);
  if (parts.view.wasGone(name)) {
    throw new Problem(409, "api.gone", `${name} is in server.gone`, "take it out of there first");
  }
  const domain = readHosted(name, body);
  const done = kept(() => parts.view.putDomain(domain));
  return json({ name, warnings: parts.view.domainWarnings(name) }, done === "created" ? 201 : 200);
}

/** By the same rules as `[[domain]]`; `policy` may be the proof alone. The words of a mistake never repeat a secret. */
function readHosted(name: HostedDomain["name"], body: Call["body"]): HostedDomain {
  const stranger = Object.keys(body).find((key) => key !== "component_secret" && key !== "policy");
  const policy = typeof body.policy === "string" ? { proof: body.policy } : body.policy;
  const read = hosted.safeParse({ ...body, name, ...(policy === undefined ? {} : { policy }) });
  if (stranger === undefined && read.success) {
    const { component_secret: secret, policy } = read.data;
    return { name, componentSecret: secret ?? null, policy: { ...policy, proof: policy.proof ?? null } };
  }
  const issue = read.success ? undefined : read.error.issues[0];
  const title = issue === undefined || stranger !== undefined
    ? "a key of the body is not known"
    : `${issue.path.map(String).join(".")}: ${issue.message}`;
  throw new Problem(
    400,
    "api.body",
    title,
    'for example {"component_secret":"...","policy":{"proof":"strict"}}',
  );
}

function remove({ parts, params }: Call): Response {
  const name = readDomain(params[0]!);
  if (!kept(() => parts.view.deleteDomain(name))) throw notHosted();
  return new Response(null, { status: 204 });
}

function suspend({ parts, params }: Call, suspended: boolean): Response {
  const name = readDomain(params[0]!);
  if (!kept(() => parts.view.setSuspended(name, suspended))) throw notHosted();
  return json({ name, suspended });
}

const notHosted = () =>
  new Problem(
    404,
    "api.no-domain",
    "this domain is not hosted here",
    "`verona domains list` names them, /api/v1/domains too",
  );
