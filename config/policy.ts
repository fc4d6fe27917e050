/** `[policy]`, and what a `[[domain]]` says for itself. protocol.md 3.2; docs/policy.md. */
import { z } from "zod";
import { domain, flag, pattern, told } from "./values.ts";

const PROOFS = '"strict", "authenticated", "encrypted" or "legacy"';
const LISTS = 'Names, and "*.example" for all below it. ';
export const proof = z.enum(["strict", "authenticated", "encrypted", "legacy"]);

const daneInbound = z.enum(["positive", "enforce"]);
const DANE_INBOUND = '"positive" or "enforce"';

export const policy = z.strictObject({
  proof: told(
    proof.default("authenticated"),
    PROOFS,
    "strict",
    'What opens a pair: "strict", "authenticated", "encrypted" or, for tests, "legacy". The table in policy.md says what each takes.',
  ),
  server_names: flag(
    true,
    "Open streams between server names, one for all pairs. false: classic streams only, each of its own pair.",
  ),
  bidi: flag(true, "Stanzas both ways on one connection (XEP-0288)."),
  allow_insecure_delegation: flag(
    false,
    'Take an SRV record that is not signed for a delegation. As good as plain DNS; never under "strict", and told at every start.',
  ),
  allow: told(
    z.array(pattern).prefault([]),
    "list of patterns",
    ["partner.example", "*.partner.example"],
    `Remote domains that may federate; empty: all. ${LISTS}A tenant's list narrows it.`,
  ),
  block: told(
    z.array(pattern).prefault([]),
    "list of patterns",
    ["*.spam.example"],
    `Remote domains that may not; wins over \`allow\`. ${LISTS}`.trim(),
  ),
  on_loss: told(
    z.enum(["bounce", "resend"]).default("bounce"),
    '"bounce" or "resend"',
    "resend",
    'What a lost connection left unacknowledged goes back to its sender. "resend": it is sent again, marked with its delay, and may arrive twice.',
  ),
  fence: flag(
    false,
    "Ask by ping what has arrived, where the peer has no stream management. Between the pair's domains.",
  ),
  dane_inbound: told(
    daneInbound.default("positive"),
    DANE_INBOUND,
    "enforce",
    'Of a peer that connects to us a TLSA record that matches proves. "enforce": where the sender\'s servers have TLSA records, nothing but a match counts.',
  ),
  peer: z.record(
    z.string(),
    z.strictObject({
      proof: told(
        proof.optional(),
        PROOFS,
        "encrypted",
        "As `policy.proof`, for this peer alone. A tenant that wants more keeps it.",
      ),
      allow_insecure_delegation: told(
        z.boolean().optional(),
        "true or false",
        true,
        "As `policy.allow_insecure_delegation`, for this peer alone.",
      ),
      dane_inbound: told(
        daneInbound.optional(),
        DANE_INBOUND,
        "enforce",
        "As `policy.dane_inbound`, for this peer alone.",
      ),
    }),
  ).default({}).describe("One peer, by its name and never by a pattern."),
});

/** One `[[domain]]`. */
export const hosted = z.strictObject({
  name: told(domain, "name", "sender.example", "A domain hosted here. Must be given."),
  component_secret: told(
    z.string().min(1).optional(),
    "text",
    "(64 characters of openssl rand -hex 32)",
    "The secret that its component shows (XEP-0114). Rather `component_secret_file`; without either no component may attach.",
  ),
  component_secret_file: told(
    z.string().min(1).optional(),
    "path",
    "secrets/sender.example",
    "The file with the secret that its component shows (XEP-0114). Readable by the server's user alone; white space around the secret does not count.",
  ),
  policy: z.strictObject({
    proof: told(
      proof.optional(),
      PROOFS,
      "strict",
      "As `policy.proof`, for this domain. Of this and a peer's own entry the stricter holds.",
    ),
    allow: told(
      z.array(pattern).prefault([]),
      "list of patterns",
      ["*.partner.example"],
      "As `policy.allow`, for this domain: both lists must let a peer in.",
    ),
    block: told(
      z.array(pattern).prefault([]),
      "list of patterns",
      ["*.spam.example"],
      "As `policy.block`, for this domain: neither list may name a peer.",
    ),
  }).prefault({}).describe("What this domain asks for itself."),
}).refine(
  (value) => value.component_secret === undefined || value.component_secret_file === undefined,
  "give component_secret or component_secret_file, not both",
);
