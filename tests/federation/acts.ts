/** Short acts that many scenarios share, told from the scripted peer's chair. */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import type { Component } from "../peer/component.ts";
import { type Conversation, errorOf } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import {
  type Accepted,
  type AcceptOptions,
  acceptSecured,
  answer,
  BIDI,
  DNA_BIDI_FEATURES,
  FEATURE,
  header,
  sasl,
  verdict,
} from "../peer/stream.ts";
import type { Element } from "../peer/xml.ts";
import type { Stage } from "../harness/stage.ts";

export interface Arrival extends Accepted {
  readonly r: Conversation;
}

/** The server under test connects to the peer: T1 up to the peer's features after TLS. */
export async function arrival(
  stage: Pick<Stage, "peer" | "world">,
  options: Partial<AcceptOptions> = {},
): Promise<Arrival> {
  const r = await stage.peer.accept();
  const headers = await acceptSecured(r, { tls: { identity: stage.world.originating }, ...options });
  return { r, ...headers };
}

/** The same with bidi, which the server must take up before anything else. */
export async function bidiArrival(stage: Stage, options: Partial<AcceptOptions> = {}): Promise<Arrival> {
  const arrived = await arrival(stage, { features: DNA_BIDI_FEATURES, ...options });
  await arrived.r.element(NS.bidi, "bidi");
  return arrived;
}

/** The server's request for (local, remote) comes next and is granted. */
export async function grant(r: Conversation, local: string, remote: string): Promise<void> {
  await r.request(local, remote);
  r.send(verdict(local, remote, "valid"));
}

/** The peer as initiating server with bidi on. */
export async function initiateBidi(stage: Stage, bidi: string = BIDI): Promise<Conversation> {
  const { o } = await stage.initiate();
  o.send(bidi);
  return o;
}

export interface CalledBack extends Arrival {
  /** Step 2 of dialback: the question. */
  readonly asked: Element;
}

/** The server under test calls the sender's own server back: T9 up to the question; a certificate that proves nothing. */
export async function calledBack(
  stage: Stage,
  options: Partial<AcceptOptions> = {},
): Promise<CalledBack> {
  const identity = await selfSigned({ names: ["nobody.example"] });
  const arrived = await arrival(stage, { tls: { identity }, features: [FEATURE.dialback], ...options });
  return { ...arrived, asked: await arrived.r.element(NS.db, "verify") };
}

/** Step 3 of dialback: the answer to a question, its addresses swapped. */
export function reply({ attributes: { from, to, id } }: Element, type: string, inside = ""): string {
  return `<db:verify from='${to}' to='${from}' id='${id}' type='${type}'>${inside}</db:verify>`;
}

export const message = (from: string, to: string, id: string, body = "hi"): string =>
  `<message from='${from}' to='${to}' id='${id}'><body>${body}</body></message>`;

export const ping = (from: string, to: string, id: string): string =>
  `<iq type='get' from='${from}' to='${to}' id='${id}'><ping xmlns='${NS.ping}'/></iq>`;

/** The bounce of stanza `id`, with its condition and error type. */
export async function bounced(
  component: Component,
  id: string,
  condition: string,
  type: string,
): Promise<Element> {
  const error = await component.message({ id, type: "error" });
  assert.deepEqual(errorOf(error), { condition, type }, error.raw);
  return error;
}

/** A ping between the server names: everything the server read before it has been handled when it returns. */
export async function fence(o: Conversation, id: string = crypto.randomUUID()): Promise<void> {
  o.send(ping("xmpp1.originating.example", "xmpp1.receiving.example", id));
  await o.iq({ id, type: "result" });
}

/** What the caller saw on a connection that the server ended for a certificate it does not accept. */
export async function assertNothingAsked(r: Conversation): Promise<void> {
  const farewell = await r.farewell();
  assert.deepEqual(farewell.elements.map((element) => element.raw), [], r.transcript.toString());
}

/** The peer refuses names of machines, as Prosody and ejabberd do: header, `host-unknown`, end (trace T8). */
export async function refuseServerNames(
  stage: Pick<Stage, "peer">,
  condition = "host-unknown",
): Promise<Conversation> {
  const r = await stage.peer.accept();
  const { attributes: { from, to } } = await r.header();
  r.send(header({ from: to, to: from, id: crypto.randomUUID() }));
  r.send(`<stream:error><${condition} xmlns='${NS.streamErrors}'/></stream:error></stream:stream>`);
  await r.farewell();
  return r;
}

/** The peer takes our claim by EXTERNAL, and offers what it has for the time after it. */
export async function authenticate(r: Conversation, ...features: string[]): Promise<void> {
  await r.element(NS.sasl, "auth", { mechanism: "EXTERNAL" });
  r.send(sasl("success"));
  r.restart();
  await answer(r, crypto.randomUUID(), features);
}
