/** A proof that holds, and what DNS says of a domain for which none does: each with its chain. console.md 6 D3. */
import type { ProofRow } from "../../../observe/contract.ts";
import type { Detail } from "../../../facts/event.ts";
import { plain } from "../format.ts";
import { hrefs } from "../location.ts";
import { Command, Facts, Name, Pill, State, When } from "./basics.tsx";
import { Chain } from "./chain.tsx";

/** The last answer about who may act for a domain, with the chain of its SRV record. */
export interface Seen {
  readonly domain: string;
  readonly security: string;
  readonly links: readonly Detail[];
  readonly why: string | null;
  /** When it was asked. */
  readonly at: string | null;
  /** Whether a proof stands on it. */
  readonly proves: boolean;
}

const TONES = { secure: "good", insecure: "warn" } as const;

export function SeenCard({ seen: { domain, security, links, why, at, proves } }: { seen: Seen }) {
  return (
    <section class="card proof" aria-label={`DNS of ${plain(domain)}`} data-seen={domain}>
      <header>
        <h2>
          <Name of={domain} />
        </h2>
        <Pill tone={TONES[security as keyof typeof TONES] ?? "bad"}>{security}</Pill>
        {!proves && <span class="tag">no proof holds</span>}
        <span class="spring" />
        {at !== null && (
          <span>
            seen <When at={at} />
          </span>
        )}
      </header>
      {links.length > 0 && <Chain links={links} />}
      {why !== null && <p class="why">{plain(why)}</p>}
      <Command text={`delv +vtrace _xmpp-server._tcp.${domain} SRV`} />
    </section>
  );
}

export function ProofCard({ proof }: { proof: ProofRow }) {
  const { domain, prooftype, state, target, connection, checkedAt, recheckAt, expires, links } = proof;
  return (
    <section class="card proof" aria-label={`Proof of ${plain(domain)}`} data-proof={domain}>
      <header>
        <h2>
          <Name of={domain} />
        </h2>
        <State of={state} />
        <span class="tag">{prooftype}</span>
        <span class="spring" />
        <span data-until={expires ?? ""}>
          valid until <When at={expires} none="nothing bounds it" />
        </span>
        <span>
          looked at again <When at={recheckAt} />
        </span>
      </header>
      {links.length === 0
        ? (
          <p class="quiet">
            No chain of signatures is kept with this proof: {prooftype === "pkix"
              ? "the certificate's authority vouches for the name"
              : "the resolver gave none"}.
          </p>
        )
        : (
          <Chain links={links}>
            {(verdict) =>
              target !== null && (
                <li class={`link ${verdict}`}>
                  <h3>{plain(target)}</h3>
                  <p>the SRV target, in the peer's certificate</p>
                  <p class="verdict">{verdict === "good" ? "✓ matched" : "– not reached"}</p>
                </li>
              )}
          </Chain>
        )}
      <Facts
        of={{
          "target": target === null ? null : plain(target),
          "connection": <a href={hrefs.connection(connection)}>{connection}</a>,
          "checked": <When at={checkedAt} />,
        }}
      />
      <Command text={`delv +vtrace _xmpp-server._tcp.${domain} SRV`} />
    </section>
  );
}
