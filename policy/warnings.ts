/** What the configuration says that is allowed, and weak or easily forgotten: told at the start and at every reload. protocol.md 3.2, A-21. */
import type { Config, HostedDomain } from "../config/config.ts";

export interface Warning {
  readonly key: string;
  readonly text: string;
}

const CLEARTEXT = "takes peers without TLS and by plain DNS: for tests only (protocol.md 3.2)";
const UNATTENDED =
  "has no component_secret and no component_secret_file: no component can be there, the server alone answers for it";
const UNSIGNED = "takes delegations that are not signed: as good as plain DNS (A-21)";

export function warnings({ policy, domains }: Pick<Config, "policy" | "domains">): readonly Warning[] {
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
  return [...found, ...domains.flatMap(warningsOf)];
}

/** What is weak or easily forgotten of one hosted domain, whoever set it. */
export function warningsOf({ name, componentSecret, policy: { proof } }: HostedDomain): Warning[] {
  const key = `[[domain]] "${name}"`;
  return [
    ...(proof === "legacy" ? [{ key: `${key} policy.proof`, text: CLEARTEXT }] : []),
    ...(componentSecret === null ? [{ key, text: UNATTENDED }] : []),
  ];
}
