/** Acts on streams with stream management, told from the scripted peer's chair. */
import assert from "node:assert/strict";
import type { Stage } from "../harness/stage.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { DNA_BIDI_FEATURES, DNA_FEATURES, FEATURE, SM } from "../peer/stream.ts";
import { arrival, bidiArrival, grant } from "./acts.ts";

/** The peer as initiating server with one authorised pair, which enables stream management. */
export async function managed(stage: Stage): Promise<Conversation> {
  const o = await stage.initiateWith();
  await enable(o);
  return o;
}

export async function enable(o: Conversation): Promise<void> {
  o.send(SM.enable);
  await o.element(NS.sm, "enabled");
}

/** The server connects to a peer that offers it, asks for the pair and enables it as soon as that is granted. */
export async function managedArrival(
  stage: Stage,
  { bidi = false, local = "target.example", remote = "sender.example" } = {},
): Promise<Conversation> {
  const { r } = bidi
    ? await bidiArrival(stage, { features: [...DNA_BIDI_FEATURES, FEATURE.sm] })
    : await arrival(stage, { features: [...DNA_FEATURES, FEATURE.sm] });
  await grant(r, local, remote);
  await r.element(NS.sm, "enable");
  r.send(SM.enabled);
  return r;
}

/** The server's count of what it has handled. */
export async function count(o: Conversation): Promise<number> {
  o.send(SM.request);
  return Number((await o.element(NS.sm, "a")).attributes.h);
}

/** Waits for the server's question, and for the stanzas before it; they are not acknowledged yet. */
export async function asked(r: Conversation): Promise<string[]> {
  const seen = await r.until(({ uri, name }) => uri === NS.sm && name === "r", "a request of the count");
  assert.ok(seen.slice(0, -1).every(({ uri }) => uri === NS.server), r.transcript.toString());
  return seen.slice(0, -1).map(({ attributes }) => attributes.id ?? "");
}
