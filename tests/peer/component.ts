/** A scripted component (XEP-0114): the local side of the server under test. */
import { createHash } from "node:crypto";
import { Conversation } from "./conversation.ts";
import { NS } from "./names.ts";
import { dial, type Endpoint } from "./peer.ts";
import { CLOSING, header } from "./stream.ts";
import type { Element } from "./xml.ts";

/** Lower-case hex of SHA-1 over stream id and secret. */
export const handshakeDigest = (streamId: string, secret: string): string =>
  createHash("sha1").update(streamId + secret).digest("hex");

export const componentHeader = (domain: string): string =>
  header({ to: domain, content: NS.component, version: null, lang: null });

export class Component implements AsyncDisposable {
  private constructor(readonly domain: string, readonly stream: Conversation) {}

  /** Connects and shakes hands; resolves when the server has accepted. */
  static async attach(
    to: Endpoint,
    domain: string,
    secret: string,
    localAddress: string,
  ): Promise<Component> {
    const stream = await dial(to, localAddress, `component ${domain}`);
    stream.send(componentHeader(domain));
    const answer = await stream.header();
    stream.send(`<handshake>${handshakeDigest(answer.attributes.id ?? "", secret)}</handshake>`);
    await stream.element(NS.component, "handshake");
    return new Component(domain, stream);
  }

  send(xml: string): void {
    this.stream.send(xml);
  }

  /** A chat message from `user` of this component. */
  say(user: string, to: string, id: string, body = "hi"): void {
    this.send(
      `<message from='${user}@${this.domain}/x' to='${to}' id='${id}' type='chat'><body>${body}</body></message>`,
    );
  }

  message(attributes: Readonly<Record<string, string>> = {}): Promise<Element> {
    return this.stream.element(NS.component, "message", attributes);
  }

  iq(attributes: Readonly<Record<string, string>> = {}): Promise<Element> {
    return this.stream.element(NS.component, "iq", attributes);
  }

  async detach(): Promise<void> {
    this.stream.send(CLOSING);
    await this.stream.farewell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream[Symbol.asyncDispose]();
  }
}
