/** Durations and sizes as the configuration writes them: "500ms", "24h", "64KiB". design.md 2.3. */
import ipaddr from "ipaddr.js";

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Milliseconds, or null when it is no duration. */
export function parseDuration(text: string): number | null {
  return withUnit(text, DURATION_UNITS, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/);
}

/** Bytes, or null when it is no size. */
export function parseSize(text: string): number | null {
  return withUnit(text, SIZE_UNITS, /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/);
}

function withUnit(text: string, units: Readonly<Record<string, number>>, form: RegExp): number | null {
  const [, number, unit] = form.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return null;
  const value = Math.round(Number(number) * units[unit]!);
  return Number.isSafeInteger(value) ? value : null;
}

/** The shortest text that {@link parseDuration} reads back: 90000 is "90s". */
export function printDuration(ms: number): string {
  return largestWhole(ms, DURATION_UNITS);
}

/** The same for {@link parseSize}: 65536 is "64KiB". */
export function printSize(bytes: number): string {
  return largestWhole(bytes, SIZE_UNITS);
}

function largestWhole(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, factor]) => value % factor === 0 && value >= factor);
  const [unit, factor] = fitting.at(-1) ?? Object.entries(units)[0]!;
  return `${value / factor}${unit}`;
}

/** What {@link parseAddress} reads back. */
export function printAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** "127.0.0.1:53", "[::1]:53" or, where a default port is given, without one; null when it is no such address. */
export function parseAddress(text: string, defaultPort?: number): { host: string; port: number } | null {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:\[\]\s]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number === undefined || number > 65535) return null;
  if (bracketed !== undefined && !ipaddr.IPv6.isValid(bracketed)) return null;
  return { host, port: number };
}
