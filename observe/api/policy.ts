/** What one peer, by name, must prove: changed while the server runs. design.md 2.4; protocol.md 3.2. */
import { proof } from "../../config/policy.ts";
import type { PeerPolicyList } from "../contract.ts";
import { Problem } from "../problem.ts";
import { json, kept, readDomain } from "./answers.ts";
import { iso } from "../tables/table.ts";
import type { Call, Endpoint } from "./endpoint.ts";

const PATH = "/api/v1/policy/:remote";

export const POLICY: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/policy",
    role: "viewer",
    about: "what single peers must prove, whose word that is (file, run time), since when",
    answer: list,
  },
  {
    method: "PUT",
    path: PATH,
    role: "operator",
    about:
      'what this peer must prove, `{"proof": "strict"}`, whatever the file says: 201, or 200 when it was set',
    answer: put,
  },
  {
    method: "DELETE",
    path: PATH,
    role: "operator",
    about: "what the file says of this peer holds again: 204",
    answer: remove,
  },
];

function list({ parts }: Call): Response {
  const policies = [...parts.view.peerProofs()].map((one) => ({
    ...one,
    since: iso(one.since),
  }));
  const answer: PeerPolicyList = { policies, total: policies.length };
  return json(answer);
}

function put({ parts, params, body }: Call): Response {
  const remote = readDomain(params[0]!);
  const read = proof.safeParse(body.proof);
  if (!read.success || Object.keys(body).length !== 1) {
    const title = `the body is not {"proof": one of ${proof.options.join(", ")}}`;
    throw new Problem(400, "api.body", title, 'for example {"proof":"strict"}');
  }
  const done = kept(() => parts.view.putPolicy(remote, read.data));
  return json({ remote, proof: read.data }, done === "created" ? 201 : 200);
}

function remove({ parts, params }: Call): Response {
  const remote = readDomain(params[0]!);
  if (!kept(() => parts.view.deletePolicy(remote))) {
    throw new Problem(404, "api.no-policy", "nothing was set for this peer at run time", "see policy.peer");
  }
  return new Response(null, { status: 204 });
}
