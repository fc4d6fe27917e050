import assert from "node:assert/strict";
import { endpoint } from "../../policy/endpoint.ts";
import { type Evidence, UNASKED } from "../../policy/judge.ts";
import { readRecheck } from "../../policy/recheck.ts";
import {
  delegated,
  ENCRYPTED,
  NOW,
  POSH_MATCH,
  POSH_MISMATCH,
  POSH_NONE,
  SELF_SIGNED,
  SENDER,
  TIMING,
} from "./fixtures.ts";

const HOST = "xmpp1.originating.example";

/** A re-check of an endpoint that was proven by POSH, under a policy that would also take it unproven (TF-9). */
function again(posh: Evidence["posh"]) {
  const delegation = delegated("insecure", [HOST]);
  const reached = {
    host: HOST,
    port: 5269,
    security: "insecure",
    encrypted: true,
    streamId: null,
  } as const;
  const evidence = {
    ...UNASKED,
    domain: SENDER,
    certificate: SELF_SIGNED,
    delegation,
    posh,
    reached,
    now: NOW,
  };
  const asked = { host: null, mode: "classic", dialled: true, policy: ENCRYPTED, timing: TIMING } as const;
  const verdict = endpoint({ ...evidence, ...asked });
  return readRecheck(verdict, "posh", evidence, TIMING);
}

Deno.test("recheck: what proved the peer is still there", () => {
  const outcome = again(POSH_MATCH);
  assert.equal(outcome.is === "held" && outcome.proof.prooftype, "posh");
});

Deno.test("recheck: a weaker proof does not take the place of the one that is gone (3.9, TF-9)", () => {
  assert.deepEqual(again(POSH_MISMATCH), { is: "negative", cause: "posh.mismatch" });
  assert.deepEqual(again({ ...POSH_NONE, passing: true } as Evidence["posh"]), {
    is: "failed",
    cause: "proof.none",
  });
});
