/** What counts from now on, in a server that runs: another configuration, other policies, other certificates. design.md 2.3; protocol.md 6.6. */
import type { Config } from "../config/config.ts";
import { survives } from "../policy/admission.ts";
import { Policies } from "../policy/policies.ts";
import { warnings } from "../policy/warnings.ts";
import type { BindingRow } from "../routing/binding_table.ts";
import type { Identities } from "../wire/identity.ts";
import type { Trust } from "../wire/trust.ts";
import { toAscii } from "../xmpp/domain.ts";
import { revokeEverywhere } from "./intervention.ts";
import type { Server } from "./server.ts";

/** Takes a new configuration; connections keep the certificates that they began with. */
export function applyConfig(server: Server, config: Config, identities: Identities, trust: Trust): void {
  const old = server.trust;
  server.config = config;
  server.trust = trust;
  old.free();
  replaceIdentities(server, identities);
  server.certificates.watch();
  warn(server);
  applyPolicies(server, config);
}

/** Takes other policies and domains alone: what they do not concern never notices. */
export function applyPolicies(server: Server, config: Config): void {
  const old = server.policies;
  server.config = config;
  server.policies = new Policies(config.policy, config.domains);
  for (const row of [...server.bindings.rows()]) judgeAnew(server, row, old);
  for (const shell of [...server.shells.values()]) shell.policyChanged();
}

/** New connections use them at once; streams in the name of one that is gone begin anew (protocol.md 6.6). */
export function replaceIdentities(server: Server, identities: Identities): void {
  const old = server.identities;
  server.identities = identities;
  for (const shell of [...server.shells.values()]) {
    const own = shell.row.local === null ? null : toAscii(shell.row.local);
    if (own !== null && old.carries(own) && !identities.carries(own)) shell.close("tls.own-name", "reset");
  }
  old.free();
}

/** Says which settings weaken something. */
export function warn({ config, host }: Server): void {
  for (const { key, text } of warnings(config)) {
    host.tell({ type: "config.warned", level: "warning", detail: { key, text } });
  }
}

/** Lists and policies count at once, for what is open too. */
function judgeAnew(server: Server, row: BindingRow, old: Policies): void {
  const refused = server.refusalFor(row);
  if (refused !== null) return revokeEverywhere(server, row, refused);
  const [before, after] = [old.of(row), server.policies.of(row)];
  for (const { connection } of [...row.send, ...row.recv]) {
    const shell = server.shells.get(connection.id);
    const proof = connection.delegated.get(row.remote);
    if (shell?.carries(row) === false) shell.proofs.revoke(row, "tls.required");
    else if (proof !== undefined && !survives(before, after, proof)) {
      shell?.proofs.revoke(row, "policy.proof");
    }
  }
}
