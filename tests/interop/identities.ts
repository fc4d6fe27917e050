/** What a peer may show for the domains of a scenario. */
import { EXPIRED, selfSigned } from "../harness/certificates.ts";
import type { Identity } from "../peer/wire.ts";
import type { Lab } from "./lab.ts";

interface Named {
  readonly domains: readonly string[];
  /** The host that the domains' SRV records name. */
  readonly target: string;
}

const IDENTITIES = {
  /** Of the lab's CA, with the domains in it. */
  ca: (lab: Lab, { domains }: Named) => lab.world.ca.issue({ names: domains }),
  /** Of the lab's CA, for the domains and the machine that their SRV records name. */
  provider: (lab: Lab, { domains, target }: Named) => lab.world.ca.issue({ names: [...domains, target] }),
  /**
   * Of the lab's CA, for the SRV target alone: only a signed delegation makes it the domains'. The common name, which
   * proves nothing beside alternative names, is for ejabberd: it finds a domain's certificate by it.
   */
  target: (lab: Lab, { domains, target }: Named) =>
    lab.world.ca.issue({ names: [target], commonName: domains[0] }),
  serverAuth: (lab: Lab, { domains }: Named) =>
    lab.world.ca.issue({ names: domains, usages: ["serverAuth"] }),
  selfSigned: (_lab: Lab, { domains }: Named) => selfSigned({ names: domains }),
  expired: (lab: Lab, { domains }: Named) => lab.world.ca.issue({ names: domains, ...EXPIRED }),
  otherName: (lab: Lab, { domains }: Named) =>
    lab.world.ca.issue({ names: domains.map((domain) => `other.${domain}`), commonName: domains[0] }),
};

export type Shown = keyof typeof IDENTITIES;

export const issue = (lab: Lab, shown: Shown, named: Named): Promise<Identity> =>
  IDENTITIES[shown](lab, named);

/** The names for which a certificate of this kind is good, at a peer that has one for all. */
export function goodNames(shown: Shown, { domains, target }: Named): readonly string[] {
  if (shown === "provider") return [...domains, target];
  return shown === "ca" || shown === "serverAuth" ? domains : shown === "target" ? [target] : [];
}
