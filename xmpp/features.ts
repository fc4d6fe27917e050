/** Stream features, read once into a type. RFC 6120 4.3.2; protocol.md 4.4, 4.5. */
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";
import { EXTERNAL } from "./sasl_external.ts";
import { parseStreamLimits, type StreamLimits, streamLimits } from "./stream_limits.ts";

/** What a receiving server offers. */
export interface Features {
  readonly starttls: "required" | "optional" | null;
  /** SASL mechanisms by name; empty also when an empty list is offered (ejabberd does). */
  readonly mechanisms: readonly string[];
  readonly dialback: boolean;
  /** It answers a request it denies with an error, so that several targets may share a stream (XEP-0220 2.6.2). */
  readonly errors: boolean;
  readonly bidi: boolean;
  readonly dna: boolean;
  readonly streamManagement: boolean;
  readonly limits: StreamLimits;
  /** It demands something that is not known here (RFC 6120 4.3.2: `unsupported-feature`). */
  readonly unknownRequired: boolean;
}

/** The receiving side's sets of protocol.md 4.5. */
export type Offer =
  | { readonly stage: "plain" }
  /** Before TLS, where the policy does without (`legacy`). */
  | { readonly stage: "optional" }
  | {
    readonly stage: "secure";
    /** Only to whom the certificate proved. */
    readonly external: boolean;
    readonly bidi: boolean;
    readonly limits: StreamLimits;
  }
  | { readonly stage: "authenticated"; readonly limits: StreamLimits };

export function printFeatures(offer: Offer): string {
  return print(element(NS.streams, "features", {}, ...children(offer)), SCOPES[NS.server]);
}

function children(offer: Offer): (Element | null)[] {
  if (offer.stage === "plain") return [STARTTLS_REQUIRED];
  if (offer.stage === "optional") return [element(NS.starttls, "starttls"), DIALBACK];
  const secure = offer.stage === "secure" ? offer : null;
  return [
    secure?.external ? element(NS.sasl, "mechanisms", {}, element(NS.sasl, "mechanism", {}, EXTERNAL)) : null,
    DIALBACK,
    secure?.bidi ? element(NS.bidiFeature, "bidi") : null,
    streamLimits(offer.limits),
    element(NS.streamManagement, "sm"),
    element(NS.dna, "dna"),
  ];
}

/** Reads stream features; null when the element is something else. Unknown children are ignored (STR-31). */
export function parseFeatures(features: Element): Features | null {
  if (!features.is(NS.streams, "features")) return null;
  const starttls = features.child(NS.starttls, "starttls");
  const dialback = features.child(NS.dialbackFeature, "dialback");
  return {
    starttls: starttls === null ? null : demands(starttls) ? "required" : "optional",
    mechanisms: mechanisms(features.child(NS.sasl, "mechanisms")),
    dialback: dialback !== null,
    errors: (dialback?.child(NS.dialbackFeature, "errors") ?? null) !== null,
    bidi: features.child(NS.bidiFeature, "bidi") !== null,
    dna: features.child(NS.dna, "dna") !== null,
    streamManagement: features.child(NS.streamManagement, "sm") !== null,
    limits: parseStreamLimits(features),
    unknownRequired: features.elements().some((feature) => demands(feature) && !KNOWN.has(feature.ns)),
  };
}

const DIALBACK = element(NS.dialbackFeature, "dialback", {}, element(NS.dialbackFeature, "errors"));
const STARTTLS_REQUIRED = element(NS.starttls, "starttls", {}, element(NS.starttls, "required"));

const KNOWN: ReadonlySet<string> = new Set([
  NS.starttls,
  NS.sasl,
  NS.dialbackFeature,
  NS.bidiFeature,
  NS.dna,
  NS.streamLimits,
  NS.streamManagement,
]);

function demands(feature: Element): boolean {
  return feature.child(feature.ns, "required") !== null;
}

function mechanisms(list: Element | null): string[] {
  const names = list?.elements().filter((child) => child.is(NS.sasl, "mechanism")) ?? [];
  return names.map((name) => name.text().trim());
}
