/** A peer without TLS, under policy `legacy` (protocol.md 2.10 rung 4). */
import assert from "node:assert/strict";
import { connectionsOf, proven } from "../findings.ts";
import { tellsError } from "../errors.ts";
import type { Scenario } from "../scenario.ts";
import { talk } from "./proofs.ts";

export const CLEARTEXT: readonly Scenario[] = [
  {
    key: "plain",
    name: "the peer has no TLS, policy `legacy`",
    server: "legacy",
    manner: "plain",
    async act(scene) {
      await talk(scene);
      const connections = await connectionsOf(scene);
      assert.deepEqual(connections.map(({ tls, bidi }) => ({ tls, bidi })), [
        { tls: null, bidi: false },
        { tls: null, bidi: false },
      ]);
      return `${await proven(scene, ["dialback"], "dialback")}, in plaintext`;
    },
  },
  {
    key: "stripped",
    name: "the peer has no TLS, policy `encrypted`",
    server: "impatient",
    manner: "plain",
    async act(scene) {
      await tellsError(scene);
      return "refused";
    },
  },
];
