/** The usual course of a stream, both roles: headers, STARTTLS, features (trace T1). */
import type { Conversation } from "./conversation.ts";
import { NS } from "./names.ts";
import type { TlsOptions } from "./wire.ts";
import { type Element, escape, type Header } from "./xml.ts";

/** Attributes of a stream header; null leaves one out that is there by default. */
export interface HeaderOptions {
  readonly from?: string | null;
  readonly to?: string | null;
  readonly id?: string;
  readonly version?: string | null;
  readonly lang?: string | null;
  /** Default namespace. */
  readonly content?: string;
}

export const DECLARATION = "<?xml version='1.0'?>";

export function header(
  { from, to, id, version = "1.0", lang = "en", content = NS.server }: HeaderOptions,
): string {
  const optional = { from, to, id, version, "xml:lang": lang };
  const attributes = Object.entries(optional)
    .flatMap(([name, value]) => value === null || value === undefined ? [] : [` ${name}='${escape(value)}'`]);
  return `${DECLARATION}<stream:stream xmlns='${content}' xmlns:stream='${NS.stream}' xmlns:db='${NS.db}'` +
    `${attributes.join("")}>`;
}

export const STARTTLS = `<starttls xmlns='${NS.tls}'/>`;
export const PROCEED = `<proceed xmlns='${NS.tls}'/>`;
export const CLOSING = "</stream:stream>";
export const BIDI = `<bidi xmlns='${NS.bidi}'><dna xmlns='${NS.dna}'/></bidi>`;
export const BIDI_WITHOUT_MARKER = `<bidi xmlns='${NS.bidi}'/>`;

/** A word of SASL. */
export const sasl = (name: string, inside = "", attributes = ""): string =>
  `<${name} xmlns='${NS.sasl}'${attributes}>${inside}</${name}>`;
export const failure = (condition: string): string => sasl("failure", `<${condition}/>`);
/** The claim of an identity: base64 as it stands in the element. */
export const auth = (response = "="): string => sasl("auth", response, " mechanism='EXTERNAL'");

/** A first-level feature set of a receiving peer. */
export const features = (...children: string[]): string =>
  `<stream:features>${children.join("")}</stream:features>`;

export const FEATURE = {
  starttls: `<starttls xmlns='${NS.tls}'><required/></starttls>`,
  dialback: `<dialback xmlns='${NS.dialbackFeature}'><errors/></dialback>`,
  dialbackWithoutErrors: `<dialback xmlns='${NS.dialbackFeature}'/>`,
  external: `<mechanisms xmlns='${NS.sasl}'><mechanism>EXTERNAL</mechanism></mechanisms>`,
  bidi: `<bidi xmlns='${NS.bidiFeature}'/>`,
  dna: `<dna xmlns='${NS.dna}'/>`,
  sm: `<sm xmlns='${NS.sm}'/>`,
  limits: (maxBytes: number) => `<limits xmlns='${NS.limits}'><max-bytes>${maxBytes}</max-bytes></limits>`,
} as const;

/** What a DNA peer offers after TLS, without bidi. */
export const DNA_FEATURES = [FEATURE.dialback, FEATURE.dna];
export const DNA_BIDI_FEATURES = [...DNA_FEATURES, FEATURE.bidi];

/** The words of stream management (XEP-0198). */
export const SM = {
  enable: `<enable xmlns='${NS.sm}'/>`,
  enabled: `<enabled xmlns='${NS.sm}'/>`,
  request: `<r xmlns='${NS.sm}'/>`,
  answer: (h: number) => `<a xmlns='${NS.sm}' h='${h}'/>`,
} as const;

/** A request: `<db:result/>` without `type`. */
export const request = (from: string, to: string, key = ""): string =>
  `<db:result from='${from}' to='${to}'>${key}</db:result>`;

/** A verdict about the pair (sender, target): its addresses are swapped. */
export const verdict = (sender: string, target: string, type: string, inside = ""): string =>
  `<db:result from='${target}' to='${sender}' type='${type}'>${inside}</db:result>`;

export const denial = (sender: string, target: string, type: string, condition: string): string =>
  verdict(
    sender,
    target,
    "error",
    `<error type='${type}'><${condition} xmlns='${NS.stanzaErrors}'/></error>`,
  );

/** Step 2 of dialback: is this key the one of `to` for `from`'s stream `id`? */
export const verify = (from: string, to: string, id: string, key: string): string =>
  `<db:verify from='${from}' to='${to}' id='${id}'>${key}</db:verify>`;

export interface Opened {
  readonly header: Header;
  readonly features: Element;
}

/** Initiating: header out, header and features in. */
export async function open(o: Conversation, options: HeaderOptions): Promise<Opened> {
  o.send(header(options));
  return { header: await o.header(), features: await o.features() };
}

/** Initiating: T1 up to the features after TLS. */
export async function openSecured(
  o: Conversation,
  options: HeaderOptions,
  tls: TlsOptions,
): Promise<Opened> {
  await open(o, options);
  await secure(o, tls);
  return await open(o, options);
}

/** Initiating: STARTTLS on an open stream. */
export async function secure(o: Conversation, tls: TlsOptions): Promise<void> {
  o.send(STARTTLS);
  await o.element(NS.tls, "proceed");
  await o.startTls(tls);
}

/** Receiving: what the initiating server wrote at each stage of T1. */
export interface Accepted {
  readonly plain: Header;
  readonly secured: Header;
}

export interface AcceptOptions {
  readonly tls: TlsOptions;
  readonly features?: readonly string[];
  /** Offered before TLS; STARTTLS alone otherwise. */
  readonly plainFeatures?: readonly string[];
  /** Ids of the two answers; random ones otherwise. */
  readonly plainId?: string;
  readonly securedId?: string;
}

/** Receiving: header in, header and features out. */
export async function answer(r: Conversation, id: string, offered: readonly string[]): Promise<Header> {
  const theirs = await r.header();
  r.send(header({ from: theirs.attributes.to, to: theirs.attributes.from, id }) + features(...offered));
  return theirs;
}

/** Receiving: T1 up to our features after TLS. */
export async function acceptSecured(r: Conversation, options: AcceptOptions): Promise<Accepted> {
  const offered = options.plainFeatures ?? [FEATURE.starttls];
  const plain = await answer(r, options.plainId ?? crypto.randomUUID(), offered);
  await acceptStartTls(r, options.tls);
  const secured = await answer(r, options.securedId ?? crypto.randomUUID(), options.features ?? DNA_FEATURES);
  return { plain, secured };
}

/** Receiving: answers `<starttls/>` and does the handshake. */
export async function acceptStartTls(r: Conversation, tls: TlsOptions): Promise<void> {
  await r.element(NS.tls, "starttls");
  r.send(PROCEED);
  await r.acceptTls(tls);
}
