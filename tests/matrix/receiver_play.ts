/** Direction `receiver`: the peer asserts a cell's domain over a classic stream, and its own server is called back. */
import assert from "node:assert/strict";
import { message } from "../federation/acts.ts";
import type { Stage } from "../harness/stage.ts";
import type { Conversation } from "../peer/conversation.ts";
import { errorOf } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { dial } from "../peer/peer.ts";
import { acceptSecured, FEATURE, openSecured, request } from "../peer/stream.ts";
import type { Element } from "../peer/xml.ts";
import type { Role } from "./cast.ts";
import type { Observed } from "./observed.ts";
import type { Guest, Place } from "./scene.ts";

/** The verdict, and the stream that it came on. */
export interface Answer extends Pick<Observed, "result" | "condition" | "errorType"> {
  readonly o: Conversation;
}

export const TARGET = "target.example";

export const stanzaId = ({ domain }: Role): string => `to-or-from-${domain}`;

/** O: request, verdict, and then a stanza whatever the verdict was. */
export async function assertDomain(stage: Stage, role: Role): Promise<Answer> {
  const { domain, identity, cell: { key } } = role;
  const o = await dial(stage.server.s2s, role.ip, `O of ${domain}`);
  const tls = { serverName: TARGET, ...(identity === null ? {} : { identity }) };
  const { header } = await openSecured(o, { from: domain, to: TARGET }, tls);
  o.send(request(domain, TARGET, key === "none" ? "" : keyOf(header.attributes.id!)));
  const answer = await o.element(NS.db, "result", { from: TARGET, to: domain });
  const verdict = readVerdict(answer);
  o.send(verdict.result === "granted" ? stanza(role) : quiet(role));
  return { ...verdict, o };
}

function stanza(role: Role): string {
  return message(`romeo@${role.domain}`, `juliet@${TARGET}`, stanzaId(role));
}

/** An error is discarded without a reply (F5), which would need a connection of its own to the address that is watched. */
function quiet(role: Role): string {
  return stanza(role).replace("<message ", "<message type='error' ");
}

function readVerdict(answer: Element): Omit<Answer, "o"> {
  switch (answer.attributes.type) {
    case "valid":
      return { result: "granted" };
    case "invalid":
      return { result: "invalid" };
    case "error": {
      const { condition, type } = errorOf(answer);
      return { result: "denied", condition, errorType: type };
    }
    default:
      assert.fail(`no verdict: ${answer.raw}`);
  }
}

/** A scripted peer's key: only its own server judges it. */
const keyOf = (streamId: string): string => `key of ${streamId}`;

/** A: answers one question by the cell's key. The requesting stream's id stands in the key, so it can be compared. */
export async function answerVerify({ conversation: a }: Guest, { role }: Place): Promise<void> {
  const { domain, authoritative, cell } = role;
  await acceptSecured(a, { tls: { identity: authoritative }, features: [FEATURE.dialback] });
  const verify = await a.element(NS.db, "verify", { from: TARGET, to: domain });
  const { id } = verify.attributes;
  assert.equal(verify.text, keyOf(id!), a.transcript.toString());
  const type = cell.key === "good" ? "valid" : "invalid";
  a.send(`<db:verify from='${domain}' to='${TARGET}' id='${id}' type='${type}'/>`);
  await a.farewell();
}
