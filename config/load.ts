/** Reads verona.toml: file, environment, defaults; every mistake at once, each with its line and its cure. */
import { dirname } from "node:path";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { AddressFault, type Domain, parseDomain } from "../xmpp/domain.ts";
import type { Config, HostedDomain, Limits } from "./config.ts";
import { checkConsole } from "./console_place.ts";
import { isDuration } from "./durations.ts";
import { checkFiles, reasonOf } from "./files.ts";
import { LATER_LIMITS } from "./limits.ts";
import { locate } from "./locate.ts";
import { mend, withoutStandIns } from "./mend.ts";
import { at, elsewhere, type Mistake, syntax } from "./mistakes.ts";
import { isSection, nearestKey } from "./nearest.ts";
import { placedIn } from "./paths.ts";
import { type ConfigFile, schema } from "./schema.ts";
import { wordsOf } from "./words.ts";

/** Where a value comes from: a line of the file, a variable of the environment; null is the default. */
export type Origin = { readonly line: number | null } | { readonly variable: string } | null;

export interface Good {
  readonly config: Config;
  /** The file's own words with every default filled in; for `config show`. */
  readonly file: ConfigFile;
  readonly originOf: (section: string, key: string) => Origin;
  /** The line of a key that stands deeper than in a section: a tenant's, a peer's. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | null;
  /** What only the library sees, at its place in the file. */
  readonly at: (path: readonly PropertyKey[], message: string) => Mistake;
  readonly mistakes: readonly [];
}

export interface Bad {
  readonly config: null;
  readonly mistakes: readonly Mistake[];
  /** Without what is wrong: to show the rest, and to look for mistakes that only the library sees. */
  readonly mended: Omit<Good, "mistakes"> | null;
}

export type Loaded = Good | Bad;

/** Where files are read from and what the environment says; tests pass their own. */
export interface Sources {
  readText(path: string): string;
  readonly env: Readonly<Record<string, string>>;
  /** What relative paths count from; else from where the process was started. */
  readonly folder?: string;
}

/** Loads the file at `path`. A file that cannot be read is a mistake like any other. */
export function loadConfig(path: string, sources: Sources): Loaded {
  let text: string;
  try {
    text = sources.readText(path);
  } catch (error) {
    const message = `cannot be read: ${reasonOf(error)}; \`verona config init\` writes a first one`;
    return { config: null, mistakes: [elsewhere(path, message)], mended: null };
  }
  return parseConfig(text, { folder: dirname(path), ...sources });
}

/** The same for a text. */
export function parseConfig(text: string, sources: Sources): Loaded {
  let raw: Record<string, unknown>;
  try {
    raw = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { config: null, mistakes: [syntax(text, error)], mended: null };
  }
  const { mistakes, variables } = overrideFromEnvironment(raw, sources.env);
  const here = (path: readonly PropertyKey[], message: string) => at(text, path, message);
  const place = (path: readonly PropertyKey[], message: string): Mistake => {
    const variable = variables.get(path.slice(0, 2).join("."));
    return variable === undefined ? here(path, message) : elsewhere(variable, message);
  };
  const lineOf = (path: readonly PropertyKey[]) => locate(text, path)?.line ?? null;
  const originOf = (section: string, key: string): Origin => {
    const variable = variables.get(`${section}.${key}`);
    if (variable !== undefined) return { variable };
    const table = raw[section] as Record<string, unknown> | undefined;
    return table !== undefined && key in table ? { line: lineOf([section, key]) } : null;
  };
  const checked = schema.safeParse(raw);
  if (!checked.success) {
    mistakes.push(...checked.error.issues.flatMap((issue) => describe(issue, place)));
    const mended = mend(raw);
    const config = mended === null ? null : toConfig(mended.file, sources, (path, message) => {
      if (!mended.touches(path)) mistakes.push(place(path, message));
    });
    return {
      config: null,
      mistakes: sorted(mistakes),
      mended: config === null
        ? null
        : { config, file: withoutStandIns(mended!.file), originOf, lineOf, at: here },
    };
  }
  const config = toConfig(checked.data, sources, (path, message) => mistakes.push(place(path, message)));
  const good = { config, file: checked.data, originOf, lineOf, at: here };
  if (mistakes.length > 0) return { config: null, mistakes: sorted(mistakes), mended: good };
  return { ...good, mistakes: [] };
}

/** `VERONA_LISTEN__CONSOLE` sets `listen.console`: scalar keys of the sections only (design.md 2.3). */
function overrideFromEnvironment(
  raw: Record<string, unknown>,
  env: Readonly<Record<string, string>>,
): { mistakes: Mistake[]; variables: Map<string, string> } {
  const mistakes: Mistake[] = [];
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    const [, section, key] = /^VERONA_([A-Z]+)__([A-Z0-9_]+)$/.exec(name)?.map((s) => s.toLowerCase()) ?? [];
    if (section === undefined || key === undefined) continue;
    // A section that only the environment names: its mistakes are the variable's.
    if (!(section in raw)) variables.set(section, name);
    const table = raw[section] ??= {};
    if (typeof table !== "object" || table === null || Array.isArray(table)) {
      mistakes.push(elsewhere(name, `[${section}] has no scalar keys to override`));
      continue;
    }
    variables.set(`${section}.${key}`, name);
    (table as Record<string, unknown>)[key] = scalar(value);
  }
  return { mistakes, variables };
}

function scalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function describe(
  issue: z.core.$ZodIssue,
  place: (path: readonly PropertyKey[], message: string) => Mistake,
): Mistake[] {
  if (issue.code === "invalid_union") {
    // The branch that understood the type has the better words.
    const [best] = issue.errors.toSorted((a, b) => rank(a[0]) - rank(b[0]));
    const [inner] = best ?? [];
    // Of alternatives of other types none is the one that was meant.
    return [place(issue.path, inner === undefined ? issue.message : wordsOf(inner))];
  }
  if (issue.code !== "unrecognized_keys") return [place(issue.path, wordsOf(issue))];
  return issue.keys.map((key) => place([...issue.path, key], unknownKey(issue.path, key)));
}

/** Of alternatives, the one that says more. */
function rank(issue: z.core.$ZodIssue | undefined): number {
  return issue?.code === "custom" ? 0 : issue?.code === "invalid_type" ? 1 : 2;
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  // Pasted below a table, where a dotted key counts from that table.
  if (path.length > 0 && isSection(key)) {
    return `is not a key of Verona: what stands below [${
      path.join(".")
    }] is part of it; did you mean a table [${key}]?`;
  }
  const near = nearestKey(path, key);
  return `is not a key of Verona; ${
    near === null ? "`verona config schema` lists them" : `did you mean "${near}"?`
  }`;
}

const sorted = (mistakes: Mistake[]): Mistake[] => mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));

type Complain = (path: readonly PropertyKey[], message: string) => void;

function toConfig(written: ConfigFile, sources: Sources, complain: Complain): Config {
  const file = placedIn(sources.folder ?? ".", written);
  checkTogether(file, complain);
  checkFiles(file, sources.readText, complain);
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
      contacts: new Map(Object.entries(file.server.contacts)),
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
    listen: {
      s2s: file.listen.s2s,
      s2sTls: file.listen.s2s_tls,
      component: file.listen.component,
      console: file.listen.console,
    },
    console: file.console ? { tlsChain: file.console.tls_chain, tlsKey: file.console.tls_key } : null,
    dial: { allowPrivateAddresses: file.dial.allow_private_addresses, port: file.dial.port },
    otel: file.otel,
    policy: {
      proof: file.policy.proof,
      serverNames: file.policy.server_names,
      bidi: file.policy.bidi,
      allowInsecureDelegation: file.policy.allow_insecure_delegation,
      daneInbound: file.policy.dane_inbound,
      allow: file.policy.allow,
      block: file.policy.block,
      onLoss: file.policy.on_loss,
      fence: file.policy.fence,
      peer: new Map(
        [...domainKeys(file.policy.peer, ["policy", "peer"])].map(([name, entry]) => [name, {
          proof: entry.proof ?? null,
          allowInsecureDelegation: entry.allow_insecure_delegation ?? null,
          daneInbound: entry.dane_inbound ?? null,
        }]),
      ),
    },
    domains: file.domain.map((hosted, i) =>
      toHosted(hosted, sources, (message) => complain(["domain", i, "component_secret_file"], message))
    ),
    limits: toLimits(file.limits),
    columns: file.columns,
  };
}

/** What no single key can see. */
function checkTogether(file: ConfigFile, complain: Complain): void {
  const seen = new Set<Domain>();
  for (const [i, { name }] of file.domain.entries()) {
    if (seen.has(name)) complain(["domain", i, "name"], `"${name}" is hosted twice; leave one of them out`);
    if (file.server.gone.includes(name)) complain(["domain", i, "name"], `"${name}" is in server.gone too`);
    seen.add(name);
  }
  if (file.certificate.length === 0 && file.listen.s2s.length + file.listen.s2s_tls.length > 0) {
    complain(["certificate"], "a [[certificate]] for the server name is needed to federate");
  }
  checkConsole(file, complain);
  if (file.limits.recheck_min > file.limits.recheck_max) {
    complain(["limits", "recheck_min"], "must not be longer than recheck_max");
  }
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
      if (secret === "") complain(`"${hosted.component_secret_file}" is empty`);
    } catch (error) {
      complain(
        `"${hosted.component_secret_file}" cannot be read: ${
          reasonOf(error)
        }; put into it the secret that the component shows (\`openssl rand -hex 32\` makes one)`,
      );
    }
  }
  return {
    name: hosted.name,
    componentSecret: secret,
    policy: { ...hosted.policy, proof: hosted.policy.proof ?? null },
  };
}

/** `connect_timeout` becomes `connectTimeoutMs`: the unit stands in the name (style.md rule 7). */
function toLimits(file: ConfigFile["limits"]): Limits {
  const honoured = Object.entries(file).filter(([key]) => !LATER_LIMITS.has(key));
  const entries = honoured.map(([key, value]) => {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [isDuration(key) ? `${name}Ms` : name, value];
  });
  return Object.fromEntries(entries) as unknown as Limits;
}
