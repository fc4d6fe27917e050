/** A real user of a peer: a scripted client (RFC 6120) that registers (XEP-0077), logs in, binds and is present. */
import { Buffer } from "node:buffer";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { dial, type Endpoint } from "../peer/peer.ts";
import { header, open } from "../peer/stream.ts";
import { Speaker } from "./speaker.ts";

const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const SESSION = "urn:ietf:params:xml:ns:xmpp-session";
const REGISTER = "jabber:iq:register";
const PASSWORD = "wherefore art thou";

/** Makes the account, if it is not there yet, and logs in as `name@domain/lab`. */
export async function register(to: Endpoint, name: string, domain: string): Promise<Speaker> {
  await using stream = await dial(to, to.host, `${name}@${domain}`);
  await open(stream, { to: domain, content: NS.client });
  const fields = `<username>${name}</username><password>${PASSWORD}</password>`;
  stream.send(
    `<iq type='set' id='register' to='${domain}'><query xmlns='${REGISTER}'>${fields}</query></iq>`,
  );
  await stream.element(NS.client, "iq", { id: "register" });
  return await login(to, name, domain);
}

export async function login(to: Endpoint, name: string, domain: string): Promise<Speaker> {
  const stream = await dial(to, to.host, `${name}@${domain}`);
  await open(stream, { to: domain, content: NS.client });
  const secret = Buffer.from(`\0${name}\0${PASSWORD}`).toString("base64");
  stream.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${secret}</auth>`);
  await stream.element(NS.sasl, "success");
  stream.restart();
  stream.send(header({ to: domain, content: NS.client }));
  await stream.header();
  const { children } = await stream.features();
  await ask(stream, "bind", `<bind xmlns='${BIND}'><resource>lab</resource></bind>`);
  if (children.some(({ uri, children }) => uri === SESSION && children.length === 0)) {
    await ask(stream, "session", `<session xmlns='${SESSION}'/>`);
  }
  const user = new Speaker(`${name}@${domain}/lab`, stream);
  user.send("<presence/>");
  return user;
}

async function ask(stream: Conversation, id: string, payload: string): Promise<void> {
  stream.send(`<iq type='set' id='${id}'>${payload}</iq>`);
  await stream.element(NS.client, "iq", { type: "result", id });
}
