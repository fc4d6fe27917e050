/** What a configuration says that is allowed and weakens something: told at the start and at every reload. */
import type { Config } from "./config.ts";
import { isLoopback } from "./loopback.ts";

export interface Warning {
  readonly key: string;
  readonly text: string;
}

const CLEARTEXT = "takes peers without TLS and by plain DNS: for tests only (protocol.md 3.2)";
const UNSIGNED = "takes delegations that are not signed: as good as plain DNS (A-21)";
const OPEN = "XEP-0114 is plaintext, its secret the only protection: keep it on loopback or behind a tunnel";

export function warnings({ policy, domains, listen }: Config): readonly Warning[] {
  const found: Warning[] = [];
  const legacy = (key: string, proof: string | null) => {
    if (proof === "legacy") found.push({ key, text: CLEARTEXT });
  };
  const insecure = (key: string, allowed: boolean | null) => {
    if (allowed === true) found.push({ key, text: UNSIGNED });
  };
  legacy("policy.proof", policy.proof);
  insecure("policy.allow_insecure_delegation", policy.allowInsecureDelegation);
  for (const [name, { proof, allowInsecureDelegation }] of policy.peer) {
    legacy(`policy.peer."${name}".proof`, proof);
    insecure(`policy.peer."${name}".allow_insecure_delegation`, allowInsecureDelegation);
  }
  for (const { name, policy: { proof } } of domains) legacy(`[[domain]] "${name}" policy.proof`, proof);
  if (listen.component.some(({ host }) => !isLoopback(host))) {
    found.push({ key: "listen.component", text: OPEN });
  }
  return found;
}
