/** Which module of the product each broken one stands for. */
import type { Replacement } from "../harness/imports.ts";

const STANDS_FOR = {
  grant_without_proof: "policy/dna_srv.ts",
  stanza_before_grant_in: "routing/filter.ts",
  stanza_before_grant_out: "routing/outward.ts",
  denial_opens: "xmpp/dialback.ts",
  revocation_ignored: "routing/binding_table.ts",
  bogus_is_insecure: "dnssec/answer.ts",
  reverse_key_counts: "policy/decide.ts",
  any_machine: "policy/machine.ts",
  request_throws: "policy/request.ts",
  cleartext_for_all: "policy/cleartext.ts",
  library_panics: "wire/native.ts",
} as const;

export type Broken = keyof typeof STANDS_FOR;

export const replacementOf = (broken: Broken): Replacement => [
  STANDS_FOR[broken],
  `tests/broken/${broken}.ts`,
];
