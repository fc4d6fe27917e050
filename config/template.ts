/** The file that `config init` writes: the few keys that nobody can guess, each with the schema's own words. */
import { inShort, type Key, keys } from "./keys.ts";

/** What stands below each other; a key is told in short behind its value. */
type Line = string | readonly [key: string, toml: string];

const LINES: readonly Line[] = [
  "[server]",
  ["server.names", 'names = ["xmpp1.originating.example"]'],
  ["server.data_dir", 'data_dir = "./data"'],
  "",
  "[[certificate]]",
  ["certificate.chain", 'chain = "certs/xmpp1.originating.example.pem"'],
  ["certificate.key", 'key = "certs/xmpp1.originating.example.key"'],
  "",
  "[trust]",
  ["trust.ca", 'ca = ["system"]'],
  "",
  "[dns]",
  ["dns.servers", 'servers = ["127.0.0.1:53"]'],
  "",
  "[listen]",
  ["listen.s2s", 's2s = ["[::]:5269"]'],
  ["listen.component", 'component = ["127.0.0.1:5347"]'],
  ["listen.console", 'console = "127.0.0.1:8711"'],
  "",
  "# docs/policy.md; what it comes to: verona config show --effective LOCAL REMOTE",
  "[policy]",
  ["policy.proof", 'proof = "authenticated"'],
  "",
  "# One for each customer. Its zone needs, signed with DNSSEC:",
  "#   _xmpp-server._tcp.sender.example. SRV 10 0 5269 xmpp1.originating.example.",
  "# The secret, for the component: mkdir -p secrets; (umask 077; openssl rand -hex 32 > secrets/sender.example)",
  "[[domain]]",
  ["domain.name", 'name = "sender.example"'],
  ["domain.component_secret_file", 'component_secret_file = "secrets/sender.example"'],
];

const HEAD = `#:schema ./verona.schema.json
# Verona. Paths count from this file's folder. Every key: docs/configuration.md, verona help KEY; with its value: verona config show.
# The schema for editors: verona config schema > verona.schema.json
`;

/** Of the longest value in the file, and two blanks. */
const COLUMN = Math.max(...LINES.map((line) => typeof line === "string" ? 0 : line[1].length)) + 2;

export function template(): string {
  const known = new Map(keys().map((key) => [key.id, key]));
  return `${HEAD}\n${LINES.map((line) => printed(line, known)).join("\n")}\n`;
}

function printed(line: Line, known: ReadonlyMap<string, Key>): string {
  return typeof line === "string" ? line : `${line[1].padEnd(COLUMN)}# ${inShort(known.get(line[0])!)}`;
}
