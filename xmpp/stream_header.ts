/** The stream header, both ways. RFC 6120 4.2, 4.7, 4.8; protocol.md 4.1. */
import type { Cause } from "../facts/cause.ts";
import { type Declarations, parseStartTag, type StartTag } from "../xml/reader.ts";
import { escapeAttribute } from "../xml/writer.ts";
import { parseDomain, type Spelled } from "./domain.ts";
import { type ContentNamespace, DECLARED, NS } from "./namespaces.ts";
import { PeerFault, type StreamCondition } from "./stream_error.ts";

/** RFC 6120 4.7.5: two integers, compared one by one. */
export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** A header as received. What is missing or malformed is null; `fault` says so where a rule forbids it. */
export interface StreamHeader {
  readonly from: Spelled | null;
  readonly to: Spelled | null;
  readonly id: string | null;
  readonly version: Version | null;
  readonly lang: string | null;
  /** What the elements of this stream inherit. */
  readonly declared: Declarations;
  /** Before version 1.0, or without one: whoever wrote it knows no features (4.1). */
  readonly old: boolean;
  /** The first rule of protocol.md 4.1 that the header breaks by itself; our own header still goes first (STR-10). */
  readonly fault: PeerFault | null;
  /** The same where an old header is taken (policy `legacy`); another one is judged as ever. */
  readonly faultIfOld: PeerFault | null;
}

/** Ends a stream. */
export const CLOSING_TAG = "</stream:stream>";

const OURS: Version = { major: 1, minor: 0 };
const LANGUAGES: readonly string[] = ["en"];
const LONGEST_LANGUAGE = 35;

/**
 * Reads the root's open tag, with or without the XML declaration before it. Never throws.
 *
 * @param role `initial`: the peer opened the stream; `response`: it answers ours.
 */
export function parseStreamHeader(
  text: string,
  role: "initial" | "response",
  content: ContentNamespace = NS.server,
): StreamHeader {
  let tag: StartTag;
  try {
    tag = parseStartTag(text.replace(/^\s*(?:<\?xml[^>]*\?>\s*)?/, ""), new Map());
  } catch {
    const broken = fault("not-well-formed", "xml.not-well-formed", "a stream header");
    return { ...NOTHING, fault: broken, faultIfOld: broken };
  }
  const { element, declared } = tag;
  const version = parseVersion(element.attr("version"));
  const fields = { id: element.attr("id"), version, lang: element.attr("xml:lang"), declared };
  const names = { from: spelled(element.attr("from")), to: spelled(element.attr("to")) };
  const written = { ...fields, ...names, old: version === null || isBefore(version, OURS) };
  const broken = (oldIsTaken: boolean) => judge({ ...tag, ...written }, role, content, oldIsTaken);
  return { ...written, fault: broken(false), faultIfOld: broken(true) };
}

/** Whether a header after a restart has other names than the one before it (STR-9). */
export function changedNames(before: StreamHeader, after: StreamHeader): boolean {
  const differs = (one: Spelled | null, other: Spelled | null) =>
    one !== null && one.domain !== other?.domain;
  return differs(before.from, after.from) || differs(before.to, after.to);
}

/** The version of our answer: the smaller one (RFC 6120 4.7.5); null to a peer that knows none. */
export function answerVersion(theirs: Version | null): Version | null {
  return theirs === null || isBefore(theirs, OURS) ? theirs : OURS;
}

/** The language of our answer: RFC 4647 3.4 lookup, else our default (STR-32). */
export function answerLanguage(wanted: string | null, ours: readonly string[] = LANGUAGES): string {
  const subtags = (wanted ?? "").toLowerCase().split("-").slice(0, 10);
  while (subtags.length > 0) {
    const found = ours.find((language) => language.toLowerCase() === subtags.join("-"));
    if (found !== undefined) return found;
    subtags.pop();
  }
  return ours[0]!;
}

/**
 * Our header on a stream that we open; names as in the SRV target and the certificate (A-27).
 *
 * @param version Null only towards who refused 1.0 (4.8, policy `legacy`).
 */
export function printInitialHeader(
  names: { readonly from: string; readonly to: string },
  version: "1.0" | null = "1.0",
): string {
  return printHeader(NS.server, { ...names, version, "xml:lang": LANGUAGES[0]! });
}

/** Our answer to a header: `from` is the received `to`, `to` the received `from`, both as the peer spells them. */
export function printResponseHeader(
  names: { readonly from: string; readonly to: string | null },
  id: string,
  peer: Pick<StreamHeader, "version" | "lang">,
): string {
  const version = answerVersion(peer.version);
  return printHeader(NS.server, {
    ...names,
    id,
    version: version === null ? null : `${version.major}.${version.minor}`,
    "xml:lang": answerLanguage(peer.lang),
  });
}

/** Our answer to a component's header: no version, hence no features (XEP-0114 3). */
export function printComponentResponse(from: string, id: string): string {
  return printHeader(NS.component, { from, id, "xml:lang": LANGUAGES[0]! });
}

/** A component's own header. */
export function printComponentInitial(to: string): string {
  return printHeader(NS.component, { to });
}

const NOTHING = {
  ...{ from: null, to: null, id: null, version: null, lang: null, declared: new Map() },
  old: false,
};

type Written = StartTag & Pick<StreamHeader, "from" | "to" | "old">;

/** In the order in which a peer can mend it: what it speaks, how well, to whom. */
function judge(
  header: Written,
  role: "initial" | "response",
  content: ContentNamespace,
  oldIsTaken: boolean,
): PeerFault | null {
  const { element, declared, old } = header;
  const own = declared.get("") ?? "";
  if (!element.is(NS.streams, "stream") || !(own === "" || own === NS.streams || own === content)) {
    return fault("invalid-namespace", "xml.namespace", "a stream header of another protocol");
  }
  if (content === NS.server && old && !oldIsTaken) {
    return fault("unsupported-version", "stream.version", "a stream header without version 1.0");
  }
  // protocol.md 10: nobody's language is longer.
  if ((element.attr("xml:lang") ?? "").length > LONGEST_LANGUAGE) {
    return fault("policy-violation", "xml.limit", "a stream header with an endless language");
  }
  const malformed = (["from", "to"] as const).some((name) => element.attr(name) !== null && !header[name]);
  // Before RFC 3920 `to` could be left out; it is the first request that says whom it is for.
  if (malformed || (role === "initial" && header.to === null && !(old && oldIsTaken))) {
    return fault("improper-addressing", "stream.addressing", "a stream header without a proper address");
  }
  return null;
}

function fault(condition: StreamCondition, cause: Cause, seen: string): PeerFault {
  return new PeerFault(condition, cause, `The peer sent ${seen}`);
}

function spelled(text: string | null): Spelled | null {
  try {
    return text === null ? null : { domain: parseDomain(text), text };
  } catch {
    return null;
  }
}

function parseVersion(text: string | null): Version | null {
  const [, major, minor] = /^([0-9]{1,9})\.([0-9]{1,9})$/.exec(text ?? "") ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor) };
}

function isBefore(one: Version, other: Version): boolean {
  return one.major !== other.major ? one.major < other.major : one.minor < other.minor;
}

function printHeader(content: ContentNamespace, attrs: Readonly<Record<string, string | null>>): string {
  const declarations = [...DECLARED[content]]
    .map(([prefix, ns]) => ` ${prefix === "" ? "xmlns" : `xmlns:${prefix}`}='${ns}'`);
  const written = Object.entries(attrs)
    .flatMap(([name, value]) => value === null ? [] : [` ${name}='${escapeAttribute(value)}'`]);
  return `<?xml version='1.0'?><stream:stream${declarations.join("")}${written.join("")}>`;
}
