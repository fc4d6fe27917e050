/** Applies a new configuration to a running server; what cannot be applied is named. design.md 2.3 (SIGHUP). */
import type { Config } from "../config/config.ts";
import { AT_THE_NEXT_START, LIMITS_AT_THE_NEXT_START } from "../facts/reload.ts";
import { applyConfig, applyPolicies } from "./governance.ts";
import { removeDomain } from "./intervention.ts";
import { loadIdentities, loadTrust } from "./material.ts";
import type { Server } from "./server.ts";

export interface Reloaded {
  readonly applied: string[];
  readonly restart: string[];
  readonly mistakes: string[];
}

/** Everything or nothing: files that cannot be read leave the server as it was. */
export function reload(server: Server, config: Config): Reloaded {
  const before = server.config;
  let identities, trust;
  try {
    identities = loadIdentities(config);
    trust = loadTrust(config);
  } catch (error) {
    return { applied: [], restart: [], mistakes: [(error as Error).message] };
  }
  const applied = ["certificates", "trust", "policy", "limits"];
  const { kept, restart } = keptUntilRestart(before, config);
  // What is suspended is so before any pair is judged anew.
  server.hostAll(config.domains);
  applyConfig(server, kept, identities, trust);
  const gone = removeGone(server, before, config);
  if (gone || addsSome(before, config)) applied.push("domains");
  server.host.tell({ type: "server.reloaded", detail: { applied, restart } });
  return { applied, restart, mistakes: [] };
}

/** The new configuration with what needs a restart as it was, so that the running server and its tables agree. */
function keptUntilRestart(before: Config, after: Config): { kept: Config; restart: string[] } {
  const sections = AT_THE_NEXT_START.filter((name) => printed(before[name]) !== printed(after[name]));
  const limits = Object.entries(LIMITS_AT_THE_NEXT_START)
    .filter(([, name]) => before.limits[name] !== after.limits[name]);
  return {
    kept: {
      ...after,
      ...Object.fromEntries(sections.map((name) => [name, before[name]])),
      limits: {
        ...after.limits,
        ...Object.fromEntries(limits.map(([, name]) => [name, before.limits[name]])),
      },
    },
    restart: [...sections, ...limits.map(([key]) => `limits.${key}`)],
  };
}

/** Changes domains and policies alone. */
export function govern(server: Server, config: Config): void {
  const before = server.config;
  server.hostAll(config.domains);
  applyPolicies(server, config);
  removeGone(server, before, config);
}

/** False when there were none. */
function removeGone(server: Server, before: Config, after: Config): boolean {
  const names = new Set(after.domains.map(({ name }) => name));
  const gone = before.domains.filter(({ name }) => !names.has(name));
  for (const { name } of gone) removeDomain(server, name);
  return gone.length > 0;
}

function addsSome(before: Config, after: Config): boolean {
  const names = new Set(before.domains.map(({ name }) => name));
  return after.domains.some(({ name }) => !names.has(name));
}

function printed(value: unknown): string {
  return JSON.stringify(value, (_, v) => v instanceof Map ? [...v] : v);
}
