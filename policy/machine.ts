/** The machine at the other end of a server-name stream, by what is published at its own name. protocol.md R-7, 3.4 incoming. */
import { DENIALS } from "../xmpp/verdict_error.ts";
import { tlsaFailure, usableTlsa } from "./dane.ts";
import { undecided, type Verdict } from "./decide.ts";
import type { Evidence } from "./judge.ts";
import { acceptedNow } from "./pkix.ts";
import { Proof, prove, type Timing } from "./proof.ts";

/** `domain` is the machine's name; TLSA alone is looked at. */
export interface MachineQuestion extends Evidence {
  readonly timing: Timing;
}

/**
 * Judges the name of a machine that no accepted chain carries, now and at every re-check. Total, as {@link decide}.
 *
 * What it proves is a name of the machine, never that a domain was delegated to it: no SRV was looked at.
 */
export function machine(question: MachineQuestion): Verdict {
  const { tlsa, now, timing } = question;
  if (tlsa === null) return undecided("tlsa");
  const proof = prove("dane", question, timing);
  if (proof instanceof Proof) return { proved: true, proof };
  const failure = tlsaFailure(tlsa);
  const published = failure !== null || usableTlsa(tlsa, now).length > 0;
  return {
    proved: false,
    cause: failure?.cause ?? (published ? proof : whyUnnamed(question)),
    denial: DENIALS["not proven"],
    tried: published ? "dane" : "pkix",
    needs: [],
  };
}

/** Nothing is published, so it was for the certificate to prove the name. */
function whyUnnamed({ certificate, now }: MachineQuestion) {
  const facts = acceptedNow(certificate, now);
  return typeof facts === "string" ? facts : "stream.unproven-name";
}
