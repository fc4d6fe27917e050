/** BROKEN ON PURPOSE: every delegation counts as secure, whatever DNSSEC said. Stands for policy/dna_srv.ts. */
import { dnaSrv as sound } from "../../policy/dna_srv.ts";
import type { Judge } from "../../policy/judge.ts";

export { dnaSrvInsecure } from "../../policy/dna_srv.ts";

const DAY_MS = 86_400_000;

export const dnaSrv: Judge = {
  prooftype: "dna-srv",
  judge: ({ delegation, ...rest }) =>
    sound.judge({
      ...rest,
      delegation: delegation && { ...delegation, security: "secure", signedUntil: rest.now + DAY_MS },
    }),
};
