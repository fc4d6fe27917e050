/** A POSH document as it is written: fingerprints, or the address of those who have them. RFC 7711 3; protocol.md 3.6. */
import { z } from "zod";
import type { PoshFingerprint } from "../facts/posh.ts";

export type PoshDocument =
  /** `expires`: seconds, above 0. */
  | {
    readonly is: "fingerprints";
    readonly fingerprints: readonly PoshFingerprint[];
    readonly expires: number;
  }
  | { readonly is: "reference"; readonly url: string; readonly expires: number }
  /** What is wrong with it. */
  | { readonly is: "invalid"; readonly why: string };

/** Bytes of the hashes that we know; others are ignored. */
const HASHES = { "sha-256": 32, "sha-512": 64 } as const;

/** Of a hash that we know: standard base64 with its padding (RFC 4648 4), as many bytes as the hash has. */
const digest = (bytes: number) =>
  z.string().refine((text) => decode(text)?.length === bytes, `is no base64 of ${bytes} bytes`)
    .transform((text) => hex(decode(text)!)).optional();

/** A document is kept while it holds; nobody needs more certificates than that. */
const MAX_FINGERPRINTS = 100;

const descriptor = z.object({ "sha-256": digest(HASHES["sha-256"]), "sha-512": digest(HASHES["sha-512"]) });

const schema = z.object({
  fingerprints: z.array(descriptor).min(1).max(MAX_FINGERPRINTS).optional(),
  url: z.string().optional(),
  // 0 says that the material is invalid (RFC 7711 3.1).
  expires: z.number().positive().refine(Number.isInteger, "is no integer"),
});

export function parseDocument(body: string): PoshDocument {
  const json = read(body);
  if (json === undefined) return invalid("it is no JSON");
  const { success, data, error } = schema.safeParse(json);
  if (!success) return invalid(words(error));
  const { fingerprints, url, expires } = data;
  if (fingerprints !== undefined && url !== undefined) return invalid("it has both fingerprints and a url");
  if (url !== undefined) return { is: "reference", url, expires };
  if (fingerprints === undefined) return invalid("it has neither fingerprints nor a url");
  return { is: "fingerprints", expires, fingerprints: fingerprints.map(fingerprint) };
}

function fingerprint(found: z.infer<typeof descriptor>): PoshFingerprint {
  return { sha256: found["sha-256"] ?? null, sha512: found["sha-512"] ?? null };
}

function read(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Null unless it is written in the one way that it can be written in. */
function decode(text: string): string | null {
  try {
    const bytes = atob(text);
    return btoa(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

function hex(bytes: string): string {
  return [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function words(error: z.ZodError): string {
  const [{ path, message } = { path: [], message: "it is malformed" }] = error.issues;
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

function invalid(why: string): PoshDocument {
  return { is: "invalid", why };
}
