/** verona.toml as design.md 2.3 describes it: every key, every default, every mistake at once. */
import assert from "node:assert/strict";
import { parse } from "smol-toml";
import type { Config, Limits } from "../../config/config.ts";
import { sections } from "../../config/keys.ts";
import { type Good, loadConfig, parseConfig, type Sources } from "../../config/load.ts";
import { type Mistake, printMistakes } from "../../config/mistakes.ts";
import { show, written } from "../../config/show.ts";
import { template } from "../../config/template.ts";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\n";

/** Every file is there and holds what its name says; "missing" is not. */
function sources(env: Record<string, string> = {}): Sources {
  return {
    env,
    readText(path) {
      if (path.includes("missing")) throw new Error("No such file or directory (os error 2): readfile");
      if (path.endsWith(".pem")) return CERTIFICATE;
      if (path.endsWith(".key")) return KEY;
      return path.includes("empty") ? "\n" : "the secret\n";
    },
  };
}

const MINIMAL = `[server]\nnames = ["xmpp1.example"]\n[[certificate]]\nchain = "a.pem"\nkey = "a.key"\n`;

function good(text: string, env?: Record<string, string>): Good {
  const loaded = parseConfig(text, sources(env));
  if (loaded.config === null) assert.fail(printMistakes("verona.toml", loaded.mistakes));
  return loaded;
}

function mistakes(text: string, env?: Record<string, string>): readonly Mistake[] {
  const loaded = parseConfig(text, sources(env));
  assert.equal(loaded.config, null, "the text was accepted");
  return loaded.mistakes;
}

/** The one mistake of MINIMAL with these lines behind it. */
function mistake(lines: string, env?: Record<string, string>): Mistake {
  const found = mistakes(MINIMAL + lines, env);
  assert.equal(found.length, 1, printMistakes("", found));
  return found[0]!;
}

const design = () => Deno.readTextFile(new URL("design.toml", import.meta.url));

Deno.test("every key of design.md 2.3 is known, and the defaults shown there are the defaults", async () => {
  const text = await design();
  const shown = written(good(text));
  const byDefault = written(good(MINIMAL));
  for (const section of ["trust", "dns", "listen", "dial", "otel", "limits"]) {
    assert.deepEqual(shown[section], byDefault[section], section);
  }
  const { peer: _, ...policy } = shown.policy as Record<string, unknown>;
  const { peer: __, ...defaultPolicy } = byDefault.policy as Record<string, unknown>;
  assert.deepEqual(policy, defaultPolicy);
});

Deno.test("no key is known that design.md 2.3 does not show", async () => {
  const shown = parse(await design()) as Record<string, Record<string, unknown>>;
  const known = written(good(MINIMAL)) as Record<string, Record<string, unknown>>;
  for (const section of ["server", "trust", "dns", "listen", "dial", "limits"]) {
    assert.deepEqual(Object.keys(known[section]!).sort(), Object.keys(shown[section]!).sort(), section);
  }
});

Deno.test("a key that is known and not honoured: its default is accepted, anything else is not yet", () => {
  const later: Record<string, readonly [byDefault: string, other: string]> = {
    "limits.stanzas_per_second_per_pair": ["0", "5"],
    "limits.sm_resume": ['"300s"', '"0s"'],
  };
  for (const [name, [byDefault, other]] of Object.entries(later)) {
    const [section, key] = name.split(".");
    good(`${MINIMAL}[${section}]\n${key} = ${byDefault}\n`);
    const found = mistake(`[${section}]\n${key} = ${other}\n`);
    assert.match(found.message, /^not yet/, name);
    assert.deepEqual([found.key, found.line], [name, 7]);
  }
});

Deno.test("every mistake at once, each with its line, its key and its cure", () => {
  const text = `[server]
names = 5
nams = ["a.example"]
[listen]
s2s = ["5269"]
[limits]
stanza_bytes = 9999
dns_timeout = "3 parsecs"
queue_stanzas = -1
[unknown]
key = 1
[[domain]]
name = "-bad-"
component_secret = ""
`;
  const found = mistakes(text).map(({ line, key }) => [line, key]);
  assert.deepEqual(found, [
    [null, "certificate"],
    [2, "server.names"],
    [3, "server.nams"],
    [5, "listen.s2s.0"],
    [7, "limits.stanza_bytes"],
    [8, "limits.dns_timeout"],
    [9, "limits.queue_stanzas"],
    [10, "unknown"],
    [13, "domain.0.name"],
    [14, "domain.0.component_secret"],
  ]);
  const printed = printMistakes("verona.toml", mistakes(text));
  assert.match(printed, /^verona.toml:3: server.nams: .*did you mean "names"\?$/m);
  assert.match(printed, /^verona.toml:8: limits.dns_timeout: "3 parsecs" is not a duration such as "500ms"/m);
});

Deno.test("mistakes are found in one round: a wrong key does not hide a file that is missing, nor a domain twice", () => {
  const text = `[server]
names = []
nams = 1
[[certificate]]
chain = "missing.pem"
[dns]
trust_anchor = "missing.key"
witness = "yes"
[limits]
recheck_min = "2h"
recheck_max = "1h"
[[domain]]
name = "a.example"
component_secret_file = "missing.secret"
[[domain]]
name = "A.example"
component_secret = 5
`;
  assert.deepEqual(mistakes(text).map(({ line, key }) => [line, key]), [
    [2, "server.names"],
    [3, "server.nams"],
    [4, "certificate.0.key"],
    [5, "certificate.0.chain"],
    [7, "dns.trust_anchor"],
    [8, "dns.witness"],
    [10, "limits.recheck_min"],
    [14, "domain.0.component_secret_file"],
    [16, "domain.1.name"],
    [17, "domain.1.component_secret"],
  ]);
});

const WORDS: readonly [text: string, said: string][] = [
  ['[server]\nnames = "a.example"', "server.names: must be a list in [brackets], and is a text in quotes"],
  ["[server]\nnames = []", "server.names: at least one server name is needed"],
  ["[server]", "server.names: is missing: a list in [brackets]"],
  ["", "server: is missing: a table"],
  ["[policy]\nproof = 5", 'policy.proof: must be "strict", "authenticated", "encrypted" or "legacy"'],
  ["[policy]\nbidi = 1", "policy.bidi: must be true or false, and is a number"],
  ["[dial]\nport = 70000", "dial.port: must be at most 65535"],
  ["[dial]\nport = 2.5", "dial.port: must be a whole number"],
  ["[limits]\ndepth = 1", "limits.depth: must be at least 4"],
  ['[server]\ndata_dir = ""', "server.data_dir: must not be empty"],
  ["[dns]\nservers = []", "dns.servers: needs at least 1"],
  ["[listen]\nconsole = 5", "listen.console: must be a text in quotes, and is a number"],
  [
    "[server.contacts]\nfoo = []",
    "server.contacts.foo: is not a key of Verona; `verona config schema` lists them",
  ],
];

for (const [text, said] of WORDS) {
  Deno.test(`words for a mistake: ${said}`, () => {
    const printed = printMistakes("f", mistakes(text)).split("\n").map((line) =>
      line.replace(/^f(?::\d+)?: /, "")
    );
    assert.ok(printed.includes(said), printed.join("\n"));
    for (const line of printed) assert.doesNotMatch(line, /Invalid|expected|received|Too (small|big)|option/);
  });
}

Deno.test("what is no TOML is said with its line", () => {
  const [found, ...others] = mistakes("[server]\nnames = [\n= 5\n");
  assert.deepEqual([found!.key, others.length], ["TOML", 0]);
  assert.ok(found!.line! >= 2);
});

Deno.test("LIM-4: stanza_bytes cannot be configured below 10 000", () => {
  assert.equal(good(`${MINIMAL}[limits]\nstanza_bytes = 10000\n`).config.limits.stanzaBytes, 10_000);
  for (const small of ["9999", '"9999B"', '"9KiB"', "0", "-1"]) {
    assert.match(mistake(`[limits]\nstanza_bytes = ${small}\n`).message, /10000/);
  }
});

Deno.test("sizes and durations: units, bounds", () => {
  const limits = (line: string) => good(`${MINIMAL}[limits]\n${line}\n`).config.limits;
  assert.equal(limits('stanza_bytes = "1MiB"').stanzaBytes, 1024 ** 2);
  assert.equal(limits('idle_timeout = "1.5h"').idleTimeoutMs, 5_400_000);
  assert.equal(limits('recheck_min = "100ms"').recheckMinMs, 100);
  for (const bad of ['"99ms"', '"25d"', '"3"', "3", '""', '"-3s"', '"1e3s"']) {
    assert.equal(mistake(`[limits]\nidle_timeout = ${bad}\n`).key, "limits.idle_timeout");
  }
  for (const bad of ['"64kB"', '"3GiB"', "true", '"x"', "1.5"]) {
    assert.equal(mistake(`[limits]\nqueue_bytes = ${bad}\n`).key, "limits.queue_bytes");
  }
});

Deno.test("the environment overrides scalar keys, and its mistakes name the variable", () => {
  const env = {
    VERONA_LISTEN__CONSOLE: "127.0.0.1:9000",
    VERONA_LIMITS__QUEUE_STANZAS: "7",
    VERONA_URL: "x",
  };
  const { config, originOf } = good(MINIMAL, env);
  assert.deepEqual(config.listen.console, { host: "127.0.0.1", port: 9000 });
  assert.equal(config.limits.queueStanzas, 7);
  assert.deepEqual(originOf("listen", "console"), { variable: "VERONA_LISTEN__CONSOLE" });
  assert.deepEqual(originOf("server", "names"), { line: 2 });
  assert.equal(originOf("limits", "depth"), null);
  const found = mistake("", { VERONA_LIMITS__DNS_TIMEOUT: "soon" });
  assert.deepEqual([found.line, found.key], [null, "VERONA_LIMITS__DNS_TIMEOUT"]);
  assert.equal(mistake("", { VERONA_DOMAIN__NAME: "a" }).key, "VERONA_DOMAIN__NAME");
});

Deno.test("a domain twice, in any spelling, and one that is gone too", () => {
  const twice = mistake(`[[domain]]\nname = "Bücher.example"\n[[domain]]\nname = "xn--bcher-kva.example."\n`);
  assert.deepEqual([twice.line, twice.key], [9, "domain.1.name"]);
  const text = MINIMAL.replace("\n[[", `\ngone = ["a.example"]\n[[`) + `[[domain]]\nname = "a.example"\n`;
  assert.match(mistakes(text)[0]!.message, /server\.gone/);
});

Deno.test("a dotted key below a table: its own line is marked, and the table that it wants is named", () => {
  const found = mistake('[listen]\ncomponent = ["127.0.0.1:5348"]\ndial.allow_private_addresses = true\n');
  assert.deepEqual([found.line, found.key], [8, "listen.dial"]);
  assert.match(found.message, /what stands below \[listen\] is part of it; did you mean a table \[dial\]\?$/);
  assert.match(found.excerpt![1], /^\^{28}$/);
  const typo = mistake("[dial]\nport = 5299\nlisten = 1\n");
  assert.deepEqual(typo.line, 8);
  // What stands in the table itself is found as before.
  assert.equal(mistake("[dns]\nwitness = true\nservers = []\n").line, 8);
});

Deno.test("a dotted key that is wrong is marked where it stands, with what is right of it", () => {
  const found = mistake('[policy]\npeer.b.proof = "weak"\n');
  assert.deepEqual([found.line, found.key], [7, "policy.peer.b.proof"]);
});

Deno.test("config show: of a file with mistakes what is right, without what stands for what is missing", () => {
  const loaded = parseConfig("[server]\ndata_dir = 5\n[dial]\nport = 5299\nnope = 1\n", sources());
  assert.ok(loaded.config === null && loaded.mended !== null);
  const printed = show(loaded.mended);
  assert.match(printed, /^names = \[\] {3}# default\n/m);
  assert.match(printed, /^port = 5299$/m);
  assert.doesNotMatch(printed, /nope|nobody/);
  assert.deepEqual(
    [...printed.matchAll(/^(?:# )?(\[+\w+\]+)/gm)].map(([, table]) => table),
    sections().map(({ table }) => table),
    "every section is named",
  );
});

Deno.test("files: what cannot be read or holds something else is a mistake of its line", () => {
  const text = `[server]
names = ["a.example"]
dialback_secret_file = "empty"
[[certificate]]
chain = "missing.pem"
key = "cert.pem"
[trust]
ca = ["system", "missing.pem"]
[dns]
trust_anchor = "nothing"
[[domain]]
name = "b.example"
component_secret_file = "missing"
[[domain]]
name = "c.example"
component_secret_file = "empty"
`;
  assert.deepEqual(mistakes(text).map(({ line }) => line), [3, 5, 6, 8, 10, 13, 16]);
  const both = `[[domain]]\nname = "b.example"\ncomponent_secret = "x"\ncomponent_secret_file = "y"\n`;
  assert.match(mistake(both).message, /not both/);
  const { domains } =
    good(`${MINIMAL}[[domain]]\nname = "b.example"\ncomponent_secret_file = "file"\n`).config;
  assert.equal(domains[0]!.componentSecret, "the secret");
});

Deno.test("paths count from the configuration's own folder, wherever a command is started", () => {
  const text = `[server]
names = ["xmpp1.example"]
data_dir = "./data"
dialback_secret_file = "dialback"
[[certificate]]
chain = "certs/a.pem"
key = "/keys/a.key"
[trust]
ca = ["system", "ca.pem"]
[dns]
trust_anchor = "root.key"
[console]
tls_chain = "c.pem"
tls_key = "c.key"
[[domain]]
name = "a.example"
component_secret_file = "secrets/a"
`;
  const read: string[] = [];
  const readText = (path: string) => {
    if (path === "/etc/verona/verona.toml") return text;
    read.push(path);
    return path.endsWith("root.key") ? ". IN DNSKEY 257 3 13 AAAA" : sources().readText(path);
  };
  const loaded = loadConfig("/etc/verona/verona.toml", { readText, env: {} });
  assert.deepEqual(loaded.mistakes, []);
  const { server, certificates, trust, dns, console } = loaded.config!;
  const at = (name: string) => `/etc/verona/${name}`;
  assert.deepEqual([server.dataDir, server.dialbackSecretFile], [at("data"), at("dialback")]);
  assert.deepEqual(certificates, [{ chain: at("certs/a.pem"), key: "/keys/a.key" }]);
  assert.deepEqual([trust, dns.trustAnchor], [["system", at("ca.pem")], at("root.key")]);
  assert.deepEqual(console, { tlsChain: at("c.pem"), tlsKey: at("c.key") });
  assert.ok(read.includes(at("secrets/a")), "the secret's file was looked for elsewhere");
  assert.ok(read.every((path) => path.startsWith("/")), read.join(", "));
});

Deno.test("a console off loopback is refused without TLS", () => {
  for (const address of ["0.0.0.0:8711", "[::]:8711", "192.0.2.1:8711", "example.org:8711"]) {
    const found = mistake(`[listen]\nconsole = "${address}"\n`);
    assert.deepEqual([found.key, found.line], ["listen.console", 7]);
    assert.match(found.message, /tls_chain/);
    good(`${MINIMAL}[listen]\nconsole = "${address}"\n[console]\ntls_chain = "a.pem"\ntls_key = "a.key"\n`);
  }
  for (const address of ["127.0.0.1:0", "127.9.9.9:1", "[::1]:8711", "localhost:8711"]) {
    good(`${MINIMAL}[listen]\nconsole = "${address}"\n`);
  }
});

Deno.test("the console on a Unix socket: its path counts from the file's folder, is short enough for the system, and has no TLS", () => {
  const place = (path: string) => `${MINIMAL}[listen]\nconsole = "unix:${path}"\n`;
  const from = (folder: string, path: string) =>
    parseConfig(place(path), { ...sources(), folder }).config?.listen.console;
  assert.deepEqual(from("/etc/verona", "run/console.sock"), { path: "/etc/verona/run/console.sock" });
  assert.deepEqual(from("/etc/verona", "/run/verona/console.sock"), { path: "/run/verona/console.sock" });
  assert.deepEqual(good(MINIMAL, { VERONA_LISTEN__CONSOLE: "unix:/run/c" }).config.listen.console, {
    path: "/run/c",
  });
  const longest = `/${"x".repeat(106)}`;
  assert.deepEqual(from("/", longest), { path: longest });
  const wrong = (lines: string) => {
    const { key, message } = mistake(lines);
    return [key, message] as const;
  };
  const listen = (path: string) => `[listen]\nconsole = "unix:${path}"\n`;
  // In bytes, as the system counts; and what is made beside a short name has to fit too.
  for (const path of [`${longest}x`, `/${"ü".repeat(54)}`, `/${"x".repeat(100)}/s`]) {
    const [key, message] = wrong(listen(path));
    assert.equal(key, "listen.console");
    assert.match(message, /is too long for a socket by \d+ bytes; name a shorter one/);
  }
  for (const path of ["", "/run/a\\nb"]) {
    assert.match(wrong(listen(path))[1], /is not an address and port .*, or a socket such as "unix:/);
  }
  const tls = '[console]\ntls_chain = "a.pem"\ntls_key = "a.key"\n';
  assert.deepEqual(wrong(`${listen("/run/c")}${tls}`), [
    "console",
    "is for an address: a socket has no TLS; leave it out",
  ]);
  assert.match(show(good(place("run/console.sock"))), /^console = "unix:run\/console\.sock"$/m);
});

Deno.test("addresses: IPv6 in brackets, [] switches a listener off, names are no resolvers", () => {
  const { listen } =
    good(`${MINIMAL}[listen]\ns2s = ["[2001:db8::1]:5269", "0.0.0.0:1"]\ncomponent = []\nconsole = []\n`)
      .config;
  assert.deepEqual(listen, {
    s2s: [{ host: "2001:db8::1", port: 5269 }, { host: "0.0.0.0", port: 1 }],
    s2sTls: [],
    component: [],
    console: null,
  });
  assert.deepEqual(good(`${MINIMAL}[dns]\nservers = ["[::1]", "192.0.2.1:5353"]\n`).config.dns.servers, [
    { ip: "::1", port: 53 },
    { ip: "192.0.2.1", port: 5353 },
  ]);
  for (const bad of ["2001:db8::1:5269", "[::1]", "a:70000", "[nonsense]:1", ""]) {
    assert.equal(mistake(`[listen]\ns2s = ["${bad}"]\n`).key, "listen.s2s.0");
  }
  assert.equal(mistake(`[dns]\nservers = ["resolver.example:53"]\n`).key, "dns.servers.0");
  assert.equal(mistake(`[dns]\nhosts = { "a.example" = "b.example" }\n`).line, 7);
});

Deno.test("federating needs a certificate; recheck_min is not above recheck_max", () => {
  assert.match(mistakes(`[server]\nnames = ["a.example"]\n`)[0]!.message, /\[\[certificate\]\]/);
  assert.equal(mistake(`[limits]\nrecheck_min = "25h"\n`).key, "limits.recheck_min");
});

/** A value for every key of Limits: a key too few or too many does not compile. */
const EVERY_LIMIT: Record<keyof Limits, true> = {
  stanzaBytes: true,
  unprovenElementBytes: true,
  headerBytes: true,
  depth: true,
  attributes: true,
  elements: true,
  valueBytes: true,
  nameBytes: true,
  namespaceBytes: true,
  unprovenDepth: true,
  unprovenAttributes: true,
  unprovenElements: true,
  connectTimeoutMs: true,
  connectTotalMs: true,
  tlsTimeoutMs: true,
  headerTimeoutMs: true,
  negotiationTimeoutMs: true,
  dnsQueryTimeoutMs: true,
  dnsTimeoutMs: true,
  proofTimeoutMs: true,
  verifyTimeoutMs: true,
  verdictTimeoutMs: true,
  closingTimeoutMs: true,
  closeNotifyTimeoutMs: true,
  idleTimeoutMs: true,
  idleCheckMs: true,
  shutdownGraceMs: true,
  queueStanzas: true,
  queueBytes: true,
  queueAgeMs: true,
  queuesBytes: true,
  connections: true,
  connectionsUnproven: true,
  connectionsPerAddress: true,
  unprovenPerAddress: true,
  attemptsPerMinute: true,
  outgoingInProgress: true,
  outgoingPerTarget: true,
  pairsPerConnection: true,
  pendingRequests: true,
  pendingRequestsUnproven: true,
  unansweredRequests: true,
  proofRequestsPerSecond: true,
  proofRequestsPerSecondUnproven: true,
  verifyAnswersPerSecond: true,
  verifyConnections: true,
  verifyPerDomain: true,
  provenDomains: true,
  proofs: true,
  proofsWaiting: true,
  proofsPerAddress: true,
  proofsPerAddressUnproven: true,
  denialsPerMinute: true,
  unauthorisedPairsPerMinute: true,
  negativePairMs: true,
  classicOnlyMs: true,
  unprovenBytesPerSecond: true,
  bytesPerSecond: true,
  backoffMaxMs: true,
  recheckMinMs: true,
  recheckMaxMs: true,
  ackTimeoutMs: true,
  smUnackedStanzas: true,
  smUnackedBytes: true,
  poshBytes: true,
  poshRedirects: true,
  poshTimeoutMs: true,
};

Deno.test("every limit that the server reads has a number; what is not honoured is not passed on", () => {
  const { limits } = good(MINIMAL).config;
  assert.deepEqual(Object.keys(limits).sort(), Object.keys(EVERY_LIMIT).sort());
  for (const [key, value] of Object.entries(limits)) assert.ok(Number.isSafeInteger(value), key);
});

Deno.test("config show: without secrets, and it loads again as the same configuration", async () => {
  const text = await design();
  const first = good(text, { VERONA_LIMITS__DEPTH: "32" });
  const printed = show(first);
  assert.ok(!printed.includes('"..."'), "the secret is shown");
  assert.match(printed, /^depth = 32 {3}# VERONA_LIMITS__DEPTH$/m);
  const again = good(printed).config;
  const hidden = (config: Config) => ({
    ...config,
    domains: config.domains.map(({ name, policy }) => ({ name, policy })),
  });
  assert.deepEqual(hidden(again), hidden(first.config));
});

Deno.test("config init writes what loads, and says nothing that is not honoured", () => {
  const { config } = good(template());
  assert.deepEqual(config.domains.map(({ name }) => name as string), ["sender.example"]);
});
