/** Every namespace, once. protocol.md 0.2. */
import type { Declarations } from "../xml/reader.ts";
import type { Scope } from "../xml/writer.ts";

export const NS = {
  streams: "http://etherx.jabber.org/streams",
  /** The content of streams between servers. */
  server: "jabber:server",
  /** The content of a component's stream (XEP-0114). */
  component: "jabber:component:accept",
  dialback: "jabber:server:dialback",
  dialbackFeature: "urn:xmpp:features:dialback",
  starttls: "urn:ietf:params:xml:ns:xmpp-tls",
  sasl: "urn:ietf:params:xml:ns:xmpp-sasl",
  streamErrors: "urn:ietf:params:xml:ns:xmpp-streams",
  stanzaErrors: "urn:ietf:params:xml:ns:xmpp-stanzas",
  applicationErrors: "urn:xmpp:errors",
  bidiFeature: "urn:xmpp:features:bidi",
  bidi: "urn:xmpp:bidi",
  streamManagement: "urn:xmpp:sm:3",
  streamLimits: "urn:xmpp:stream-limits:0",
  delay: "urn:xmpp:delay",
  /** Ours: feature, bidi marker and error detail (protocol.md A-2). */
  dna: "urn:x-dna:0",
  ping: "urn:xmpp:ping",
  version: "jabber:iq:version",
  discoInfo: "http://jabber.org/protocol/disco#info",
  discoItems: "http://jabber.org/protocol/disco#items",
  dataForm: "jabber:x:data",
  serverInfo: "http://jabber.org/network/serverinfo",
} as const;

/** What a stream carries: the default namespace of its stanzas. */
export type ContentNamespace = typeof NS.server | typeof NS.component;

/** Where what we send stands: the header has declared these, and no other prefix for them is ever used (STR-34). */
export const SCOPES: Readonly<Record<ContentNamespace, Scope>> = {
  [NS.server]: { content: NS.server, prefixes: new Map([[NS.streams, "stream"], [NS.dialback, "db"]]) },
  [NS.component]: { content: NS.component, prefixes: new Map([[NS.streams, "stream"]]) },
};

/** What our own headers declare, and what most peers' do: for reading elements back. */
export const DECLARED: Readonly<Record<ContentNamespace, Declarations>> = {
  [NS.server]: new Map([["", NS.server], ["stream", NS.streams], ["db", NS.dialback]]),
  [NS.component]: new Map([["", NS.component], ["stream", NS.streams]]),
};
