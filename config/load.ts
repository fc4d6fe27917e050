/** Reads verona.toml: file, environment, defaults; every mistake at once, each with its line and its cure. */
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { AddressFault, type Domain, parseDomain } from "../xmpp/domain.ts";
import type { Config, HostedDomain, Limits } from "./config.ts";
import { locate } from "./locate.ts";
import { type ConfigFile, schema } from "./schema.ts";

/** One thing wrong with the configuration. `line` is null when it is not in the file (environment, or missing). */
export interface Mistake {
  readonly line: number | null;
  readonly key: string;
  readonly message: string;
}

export type Loaded = { readonly config: Config; readonly mistakes: readonly [] } | {
  readonly config: null;
  readonly mistakes: readonly Mistake[];
};

/** Where files are read from and what the environment says; tests pass their own. */
export interface Sources {
  readText(path: string): string;
  readonly env: Readonly<Record<string, string>>;
}

/** Loads the file at `path`. A file that cannot be read is a mistake like any other. */
export function loadConfig(path: string, sources: Sources): Loaded {
  let text: string;
  try {
    text = sources.readText(path);
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}; \`verona config init\` writes a first one`;
    return { config: null, mistakes: [{ line: null, key: path, message }] };
  }
  return parseConfig(text, sources);
}

/** The same for a text. */
export function parseConfig(text: string, sources: Sources): Loaded {
  let raw: Record<string, unknown>;
  try {
    raw = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    return { config: null, mistakes: [{ line: error.line, key: "TOML", message: message! }] };
  }
  const fromEnv = overrideFromEnvironment(raw, sources.env);
  const checked = schema.safeParse(raw);
  const mistakes = checked.success ? [] : checked.error.issues.flatMap((issue) => describe(issue, text));
  mistakes.push(...fromEnv);
  if (!checked.success || mistakes.length > 0) return { config: null, mistakes: sorted(mistakes) };
  const config = toConfig(checked.data, sources, (path, message) => mistakes.push(at(text, path, message)));
  return mistakes.length > 0
    ? { config: null, mistakes: sorted(mistakes) }
    : { config: config!, mistakes: [] };
}

/** One line per mistake, as `config check` and `run` print them. */
export function printMistakes(file: string, mistakes: readonly Mistake[]): string {
  return mistakes.map(({ line, key, message }) =>
    `${file}${line === null ? "" : `:${line}`}: ${key}: ${message}`
  )
    .join("\n");
}

/** `VERONA_LISTEN__CONSOLE` sets `listen.console`: scalar keys of the sections only (design.md 2.3). */
function overrideFromEnvironment(
  raw: Record<string, unknown>,
  env: Readonly<Record<string, string>>,
): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [name, value] of Object.entries(env)) {
    const [, section, key] = /^VERONA_([A-Z]+)__([A-Z0-9_]+)$/.exec(name) ?? [];
    if (section === undefined || key === undefined) continue;
    const table = raw[section.toLowerCase()] ??= {};
    if (typeof table !== "object" || table === null || Array.isArray(table)) {
      mistakes.push({
        line: null,
        key: name,
        message: `[${section.toLowerCase()}] has no scalar keys to override`,
      });
      continue;
    }
    (table as Record<string, unknown>)[key.toLowerCase()] = scalar(value);
  }
  return mistakes;
}

function scalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function describe(issue: z.core.$ZodIssue, text: string): Mistake[] {
  if (issue.code !== "unrecognized_keys") return [at(text, issue.path, issue.message)];
  return issue.keys.map((key) =>
    at(text, [...issue.path, key], "is not a key of Verona; see `verona config schema`")
  );
}

function at(text: string, path: readonly PropertyKey[], message: string): Mistake {
  return { line: locate(text, path), key: path.map(String).join("."), message };
}

const sorted = (mistakes: Mistake[]): Mistake[] => mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));

type Complain = (path: readonly PropertyKey[], message: string) => void;

function toConfig(file: ConfigFile, sources: Sources, complain: Complain): Config {
  checkTogether(file, complain);
  const domainKeys = <T>(record: Record<string, T>, path: string[]): Map<Domain, T> => {
    const map = new Map<Domain, T>();
    for (const [name, value] of Object.entries(record)) {
      try {
        map.set(parseDomain(name), value);
      } catch (error) {
        if (!(error instanceof AddressFault)) throw error;
        complain([...path, name], error.message);
      }
    }
    return map;
  };
  return {
    server: {
      names: file.server.names,
      gone: file.server.gone,
      dialbackSecretFile: file.server.dialback_secret_file || null,
      dataDir: file.server.data_dir,
    },
    certificates: file.certificate,
    trust: file.trust.ca,
    dns: {
      servers: file.dns.servers.map(({ host, port }) => ({ ip: host, port })),
      trustAnchor: file.dns.trust_anchor,
      hosts: new Map(Object.entries(file.dns.hosts).map(([name, to]) => [name.toLowerCase(), [to].flat()])),
      witness: file.dns.witness,
      static: domainKeys(file.dns.static, ["dns", "static"]),
    },
    listen: { s2s: file.listen.s2s, component: file.listen.component, console: file.listen.console },
    console: file.console ? { tlsChain: file.console.tls_chain, tlsKey: file.console.tls_key } : null,
    dial: { allowPrivateAddresses: file.dial.allow_private_addresses, port: file.dial.port },
    policy: {
      proof: file.policy.proof,
      serverNames: true,
      bidi: file.policy.bidi,
      allowInsecureDelegation: file.policy.allow_insecure_delegation,
      allow: file.policy.allow,
      block: file.policy.block,
      peer: domainKeys(file.policy.peer, ["policy", "peer"]),
    },
    domains: file.domain.map((hosted, i) =>
      toHosted(hosted, sources, (message) => complain(["domain", i], message))
    ),
    limits: toLimits(file.limits),
  };
}

/** What no single key can see. */
function checkTogether(file: ConfigFile, complain: Complain): void {
  const seen = new Set<Domain>();
  for (const [i, { name }] of file.domain.entries()) {
    if (seen.has(name)) complain(["domain", i, "name"], `"${name}" is hosted twice`);
    seen.add(name);
  }
  if (file.certificate.length === 0 && file.listen.s2s.length > 0) {
    complain(["certificate"], "a [[certificate]] for the server name is needed to federate");
  }
  const console = file.listen.console;
  if (console !== null && !isLoopback(console.host) && file.console === undefined) {
    complain(
      ["listen", "console"],
      "is not on loopback: set [console] tls_chain and tls_key, or use 127.0.0.1",
    );
  }
  if (file.limits.recheck_min > file.limits.recheck_max) {
    complain(["limits", "recheck_min"], "must not be longer than recheck_max");
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function toHosted(
  hosted: ConfigFile["domain"][number],
  sources: Sources,
  complain: (m: string) => void,
): HostedDomain {
  let secret = hosted.component_secret ?? null;
  if (hosted.component_secret_file !== undefined) {
    try {
      secret = sources.readText(hosted.component_secret_file).trim();
      if (secret === "") complain(`component_secret_file "${hosted.component_secret_file}" is empty`);
    } catch (error) {
      complain(`component_secret_file cannot be read: ${(error as Error).message}`);
    }
  }
  return { name: hosted.name, componentSecret: secret, proof: hosted.policy.proof ?? null };
}

const DURATION_KEYS = new Set([
  "shutdown_grace",
  "queue_age",
  "negative_pair",
  "backoff_max",
  "recheck_min",
  "recheck_max",
  "connect_total",
]);

function isDuration(key: string): boolean {
  return key.endsWith("_timeout") || DURATION_KEYS.has(key);
}

/** `connect_timeout` becomes `connectTimeoutMs`: the unit stands in the name (style.md rule 7). */
function toLimits(file: ConfigFile["limits"]): Limits {
  const entries = Object.entries(file).map(([key, value]) => {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [isDuration(key) ? `${name}Ms` : name, value];
  });
  return Object.fromEntries(entries) as unknown as Limits;
}
