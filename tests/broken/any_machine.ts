/** BROKEN ON PURPOSE: whatever a machine publishes matches whatever it shows. Stands for policy/machine.ts. */
import { factsOf } from "../../policy/certificate.ts";
import { machine as sound } from "../../policy/machine.ts";
import type { MachineQuestion } from "../../policy/machine.ts";

export type { MachineQuestion };

export function machine(question: MachineQuestion): ReturnType<typeof sound> {
  const data = factsOf(question.certificate)?.spkiSha256 ?? "";
  const record = { usage: 3, selector: 1, matching: 1, data };
  return sound({ ...question, tlsa: question.tlsa?.map((one) => ({ ...one, records: [record] })) ?? null });
}
