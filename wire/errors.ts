/** What the library's numbers mean: results below zero, framer faults, refused chains. `native/src/abi/`. */
import type { Cause } from "../facts/cause.ts";
import type { StreamCondition } from "../xmpp/stream_error.ts";

export const INJECTION = -2;
const RENEGOTIATION = -3;
const CERTIFICATE = -4;
/** From here down the library itself failed: a panic, a handle that is stale, an argument. */
const LIBRARY = -100;

/** Why a session could not go on. */
export function failureCause(code: number): Cause {
  if (code <= LIBRARY) return "native.panic";
  if (code === INJECTION) return "tls.injection";
  if (code === RENEGOTIATION) return "tls.renegotiation";
  return code === CERTIFICATE ? "tls.bad-certificate" : "tls.handshake";
}

export interface FrameFault {
  readonly condition: StreamCondition;
  readonly cause: Cause;
  /** For the log. */
  readonly detail: string;
}

/** `native/src/xml/fault.rs`, from 1. */
const FRAME_FAULTS: readonly FrameFault[] = [
  fault("not-well-formed", "xml.not-well-formed", "not well-formed"),
  fault("not-well-formed", "xml.not-well-formed", "not namespace-well-formed"),
  fault("restricted-xml", "xml.restricted", "comment, processing instruction, DTD or custom entity"),
  fault("unsupported-encoding", "xml.encoding", "another encoding than UTF-8"),
  fault("unsupported-encoding", "xml.encoding", "bytes that are not UTF-8"),
  fault("invalid-namespace", "xml.namespace", "not the stream or content namespace"),
  fault("policy-violation", "xml.limit", "header_bytes"),
  fault("policy-violation", "xml.limit", "stanza_bytes"),
  fault("policy-violation", "xml.limit", "depth"),
  fault("policy-violation", "xml.limit", "attributes"),
  fault("policy-violation", "xml.limit", "elements"),
  fault("policy-violation", "xml.limit", "value_bytes"),
  fault("policy-violation", "xml.limit", "name_bytes"),
  fault("policy-violation", "xml.limit", "namespace_bytes"),
  fault("policy-violation", "xml.limit", "namespace declarations"),
];

export function frameFault(code: number): FrameFault {
  return FRAME_FAULTS[code - 1] ?? fault("internal-server-error", "native.panic", `fault ${code}`);
}

/** `tls::Refusal` in `native/src/tls/pkix.rs`, from 1. */
const CHAIN_REFUSALS: readonly Cause[] = [
  "tls.bad-certificate",
  "tls.untrusted",
  "tls.expired",
  "tls.not-yet-valid",
  "tls.ca-leaf",
  "tls.self-signed",
  "tls.usage",
  "tls.revoked",
];

export function chainRefusal(code: number): Cause {
  return CHAIN_REFUSALS[-code - 1] ?? "tls.bad-certificate";
}

/** `tls::staple::Why` in `native/src/tls/staple.rs`, from 1. */
const SILENCES: readonly string[] = [
  "malformed",
  "the responder gives no answer",
  "about another certificate",
  "signed by nobody whom the issuer lets speak",
  "out of date",
  "the responder does not know the certificate",
];

/** Why a stapled response says nothing. */
export function silence(code: number): string {
  return SILENCES[code - 1] ?? `reason ${code}`;
}

function fault(condition: StreamCondition, cause: Cause, detail: string): FrameFault {
  return { condition, cause, detail };
}
