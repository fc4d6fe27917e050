/** What two speakers of different servers say to each other. */
import { message, ping } from "../federation/acts.ts";
import type { Speaker } from "./speaker.ts";

/** A message from one to the other, seen there. */
export async function say(from: Speaker, to: Speaker, body = "hi"): Promise<void> {
  const id = crypto.randomUUID();
  from.send(message(from.jid, to.jid, id, body));
  await to.stanza("message", { id });
}

/** Directed presence, seen there. */
export async function showUp(from: Speaker, to: Speaker): Promise<void> {
  from.send(`<presence from='${from.jid}' to='${to.jid}'/>`);
  await to.stanza("presence", { from: from.jid });
}

/** A ping to the other, who answers by itself; the result is seen. */
export async function pingUser(from: Speaker, to: Speaker): Promise<void> {
  const id = crypto.randomUUID();
  from.send(ping(from.jid, to.jid, id));
  await to.stanza("iq", { id, type: "get" });
  to.send(`<iq type='result' from='${to.jid}' to='${from.jid}' id='${id}'/>`);
  await from.stanza("iq", { id, type: "result" });
}

/** A ping to the other's domain: its server answers, or the component, which is its domain (protocol.md A-35). */
export async function pingDomain(from: Speaker, other: Speaker): Promise<void> {
  const { domain, isComponent } = other;
  const id = crypto.randomUUID();
  from.send(ping(from.jid, domain, id));
  if (isComponent) {
    await other.stanza("iq", { id, to: domain });
    other.send(`<iq type='result' from='${domain}' to='${from.jid}' id='${id}'/>`);
  }
  await from.stanza("iq", { id, from: domain, type: "result" });
}

/** Message, presence, IQ with result and ping, each way; `first` speaks first. */
export async function converse(first: Speaker, second: Speaker): Promise<void> {
  await say(first, second);
  await say(second, first);
  await showUp(first, second);
  await showUp(second, first);
  await pingUser(first, second);
  await pingUser(second, first);
  await pingDomain(first, second);
  await pingDomain(second, first);
}
