/** Kinds of values in verona.toml, each with its words: what a key is, by default and for example, is said where it is declared. */
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { AddressFault, parseDomain, parsePattern } from "../xmpp/domain.ts";
import { parseConsolePlace } from "./console_place.ts";
import { parseAddress, parseDuration, parseSize, printSize } from "./units.ts";

/** What is said of a key beside its default: in the schema, docs/configuration.md, `verona help` and `config init`. */
export interface Words {
  /** Its type, unit and bounds, as one says them. */
  readonly kind: string;
  /** A value that may stand there. */
  readonly example: unknown;
}

/** The key with its words. @param about A short sentence, which `config init` shows, and what else there is to say. */
export const told = <T extends z.ZodType>(schema: T, kind: string, example: unknown, about: string): T =>
  schema.meta({ description: about, kind, example });

const name = (parse: typeof parseDomain | typeof parsePattern) =>
  z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof AddressFault)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });

export const domain = name(parseDomain) as z.ZodType<ReturnType<typeof parseDomain>, string>;
export const pattern = name(parsePattern) as z.ZodType<ReturnType<typeof parsePattern>, string>;

const read = <T>(parse: (text: string) => T | null, what: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: `"${text}" is not ${what}` });
    return z.NEVER;
  });

export const address = read(parseAddress, 'an address and port such as "127.0.0.1:5269" or "[::]:5269"');
export const consolePlace = read(
  parseConsolePlace,
  'an address and port such as "127.0.0.1:8711", or a socket such as "unix:/run/verona/console.sock"',
);
export const upstream = read(
  (text) => {
    const server = parseAddress(text, 53);
    return server !== null && server.port > 0 && ipaddr.isValid(server.host) ? server : null;
  },
  'an IP address such as "127.0.0.1:53" or "[2001:db8::53]"',
);
export const ip = z.string().refine(ipaddr.isValid, "is not an IP address");

const MIN_DURATION_MS = 100;
/** xstate's `after` fires at once beyond 2^31-1 ms (style.md fact 11). */
const MAX_DURATION_MS = 2 ** 31 - 1;

export function duration(byDefault: string, example: string, about: string) {
  const bounds = `between ${MIN_DURATION_MS}ms and 24d`;
  const schema = read(parseDuration, 'a duration such as "500ms", "3s", "2m" or "24h"')
    .refine((ms) => ms >= MIN_DURATION_MS && ms <= MAX_DURATION_MS, `must be ${bounds}`)
    .prefault(byDefault);
  return told(schema, `duration, ${bounds}`, example, about);
}

/** The native library counts in 32 bits. */
const MAX_SIZE = 2 ** 31 - 1;

export function size(
  byDefault: string,
  example: string | number,
  about: string,
  { min = 1, max = MAX_SIZE } = {},
) {
  const most = max === MAX_SIZE ? "2GiB" : printSize(max);
  const schema = z.union([z.number().int(), read(parseSize, 'a size such as "64KiB"')])
    .refine((bytes) => bytes >= min && bytes <= max, `must be between ${min} bytes and ${most}`)
    .prefault(byDefault);
  return told(schema, `size, between ${min} bytes and ${most}`, example, about);
}

export function count(byDefault: number, example: number, unit: string, about: string, min = 1) {
  const schema = z.number().int().min(min).default(byDefault);
  return told(schema, `whole number of ${unit}, at least ${min}`, example, about);
}

export const flag = (byDefault: boolean, about: string) =>
  told(z.boolean().default(byDefault), "true or false", !byDefault, about);

/** Known to the design, not yet honoured: only its default is accepted, so that nobody relies on it in vain. */
export function later<T extends string | number | boolean>(byDefault: T, kind: string, about: string) {
  const schema = z.unknown().default(byDefault).refine((value) => value === byDefault, {
    message: `not yet: this version honours only the default, ${JSON.stringify(byDefault)}`,
  });
  return told(schema, kind, byDefault, `${about} Not yet: this version honours only the default.`);
}
