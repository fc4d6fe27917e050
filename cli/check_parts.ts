/** As whom and with what `verona check` asks: the configuration where there is one, else nothing but this machine's resolver. */
import { loadIdentities, loadTrust } from "../actors/material.ts";
import { newSecret } from "../actors/server.ts";
import type { AttemptParts } from "../check/attempt.ts";
import type { Config } from "../config/config.ts";
import { parseConfig } from "../config/load.ts";
import { printMistakes } from "../config/mistakes.ts";
import { parseAddress } from "../config/units.ts";
import { Resolver } from "../dnssec/resolver.ts";
import { Identities } from "../wire/identity.ts";
import { AddressFault, type Domain, parseDomain } from "../xmpp/domain.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { readConfig } from "./read_config.ts";
import { loadDialbackSecret } from "./serve.ts";
import { VERSION } from "./version.ts";

export interface CheckSource {
  /** Null: there is none, and none was asked for. */
  readonly config: string | null;
  readonly from: string | null;
  /** `HOST:PORT`, in place of `dns.servers`. */
  readonly resolver: string | null;
  /** `HOST:PORT`, in place of the domain's SRV records. */
  readonly connect: string | null;
}

export interface CheckParts extends AttemptParts {
  /** The caller's to dispose. */
  readonly resolver: Resolver;
  /** Null: nothing is asked of the peer. */
  readonly from: Domain | null;
}

/** RFC 2606: nobody's. */
const NOBODY = "check.invalid" as Domain;

/** @throws {CommandFault} that says what is wrong with the configuration, or what is missing. */
export async function checkParts(source: CheckSource, domain: Domain): Promise<CheckParts> {
  const found = configuration(source);
  const config = changed(found ?? bare(source), source, domain);
  const from = source.from === null ? found?.domains[0]?.name ?? null : readDomain(source.from);
  const { dnsTimeoutMs: timeoutMs, dnsQueryTimeoutMs: queryTimeoutMs } = config.limits;
  try {
    return {
      from,
      version: VERSION,
      config,
      resolver: new Resolver(config.dns, { timeoutMs, queryTimeoutMs }),
      identities: found === null ? await nobodys() : loadIdentities(config),
      trust: loadTrust(config),
      // Without a configuration no server of ours would know the key.
      dialbackSecret: found === null ? newSecret() : await loadDialbackSecret(config),
    };
  } catch (error) {
    throw new CommandFault(EXIT.wrongUse, (error as Error).message);
  }
}

export function readDomain(text: string): Domain {
  try {
    return parseDomain(text);
  } catch (error) {
    if (error instanceof AddressFault) throw new CommandFault(EXIT.wrongUse, error.message);
    throw error;
  }
}

function configuration({ config: path }: CheckSource): Config | null {
  return path === null ? null : readConfig(path);
}

/** TLS wants a certificate of us: one that vouches for nothing, made for the moment. */
async function nobodys(): Promise<Identities> {
  const { Authority } = await import("../demo/certificates.ts");
  const { certificate: chain, key } = await (await Authority.make()).issue(NOBODY);
  const files: Readonly<Record<string, string>> = { chain, key };
  return Identities.load([{ chain: "chain", key: "key" }], NOBODY, (path) => files[path]!);
}

/** No certificate and no name of its own: only what the peer shows can be looked at. */
function bare({ resolver }: CheckSource): Config {
  const text =
    `[server]\nnames = ["${NOBODY}"]\n[policy]\nserver_names = false\n[listen]\ns2s = []\ncomponent = []\nconsole = []\n`;
  const loaded = parseConfig(text, { readText: Deno.readTextFileSync, env: Deno.env.toObject() });
  if (loaded.config === null) {
    throw new CommandFault(EXIT.wrongUse, printMistakes("the environment", loaded.mistakes));
  }
  const { config } = loaded;
  return resolver === null ? { ...config, dns: { ...config.dns, servers: systemResolvers() } } : config;
}

/** Those of this machine; validation happens here whatever they say. */
function systemResolvers(): Config["dns"]["servers"] {
  const text = Deno.readTextFileSync("/etc/resolv.conf");
  const servers = [...text.matchAll(/^\s*nameserver\s+([\da-f.:]+)\s*$/gim)].map(([, ip]) => ({
    ip: ip!,
    port: 53,
  }));
  if (servers.length > 0) return servers;
  throw new CommandFault(
    EXIT.wrongUse,
    "/etc/resolv.conf names no resolver",
    "give one: --resolver 127.0.0.1:53",
  );
}

function changed(config: Config, { resolver, connect }: CheckSource, domain: Domain): Config {
  const { dns } = config;
  return {
    ...config,
    dns: {
      ...dns,
      ...(resolver === null ? {} : { servers: [upstream(resolver)] }),
      ...(connect === null
        ? {}
        : { static: new Map([...dns.static, [domain, endpoint("--connect", connect)]]) }),
    },
  };
}

function upstream(text: string): { ip: string; port: number } {
  const { host: ip, port } = endpoint("--resolver", text, 53);
  return { ip, port };
}

function endpoint(flag: string, text: string, byDefault?: number): { host: string; port: number } {
  const address = parseAddress(text, byDefault);
  if (address !== null && address.port > 0) return address;
  throw new CommandFault(EXIT.wrongUse, `${flag} ${text}: not HOST:PORT`, `for example ${flag} 127.0.0.1:53`);
}
