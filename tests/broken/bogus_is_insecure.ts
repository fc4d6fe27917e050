/** BROKEN ON PURPOSE: what does not verify counts as unsigned, the downgrade that DNSSEC exists to stop. Stands for dnssec/answer.ts. */
import { decodeReply as sound, type Reply } from "../../dnssec/answer.ts";
import type { Lookup, RecordType } from "../../facts/dns.ts";

export * from "../../dnssec/answer.ts";

export function decodeReply(reply: Reply, name: string, type: RecordType, now: number): Lookup {
  if (reply.state !== "bogus") return sound(reply, name, type, now);
  const { error: _, ...believed } = reply;
  return sound({ ...believed, state: "insecure" }, name, type, now);
}
