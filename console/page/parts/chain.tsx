/** A proof as a chain from the root to the record that names the server: keys, algorithms, how long each link holds. console.md 6 D3. */
import type { ProofRow } from "../../../observe/contract.ts";
import type { Detail } from "../../../facts/event.ts";
import { absolute, plain, relative, value } from "../format.ts";
import { hrefs } from "../location.ts";
import { Command, Facts, Name, now, Pill, State, When } from "./basics.tsx";
import type { Seen } from "./proofs_tab.tsx";

type Fields = Readonly<Record<string, Detail>>;

/** One link as the page needs it; what the server says beyond that is listed. */
interface Link {
  readonly title: string;
  readonly role: string;
  readonly keys: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly verdict: "good" | "bad" | "none" | "unreached";
  readonly why: string;
  readonly rest: readonly [string, string][];
}

const ALGORITHMS: Readonly<Record<number, string>> = {
  5: "RSA/SHA-1",
  7: "RSA/SHA-1",
  8: "RSA/SHA-256",
  10: "RSA/SHA-512",
  13: "ECDSA P-256",
  14: "ECDSA P-384",
  15: "Ed25519",
  16: "Ed448",
};

const time = (detail: Detail | undefined): string | null =>
  typeof detail === "string" ? detail : typeof detail === "number" ? new Date(detail).toISOString() : null;

const list = (detail: Detail | undefined): readonly Detail[] =>
  detail === undefined || detail === null ? [] : Array.isArray(detail) ? detail : [detail as Detail];

const KNOWN = new Set([
  "zone",
  "name",
  "security",
  "role",
  "keyTags",
  "keyTag",
  "algorithms",
  "algorithm",
  "expiresAt",
  "expires",
  "expiration",
  "inception",
  "ok",
  "reason",
  "why",
  "rrset",
  "type",
]);

function linkOf(detail: Detail, at: number, broken: boolean): Link {
  const fields: Fields = typeof detail === "object" && detail !== null && !Array.isArray(detail)
    ? detail as Fields
    : { zone: value(detail) };
  const security = value(fields.security ?? "");
  const bad = fields.ok === false || security === "bogus" || security === "indeterminate";
  const tags = list(fields.keyTags ?? fields.keyTag),
    algorithms = list(fields.algorithms ?? fields.algorithm);
  return {
    title: value(fields.zone ?? fields.name ?? "?") || ".",
    role: value(fields.role ?? fields.type ?? (at === 0 ? "trust anchor" : "DS → DNSKEY")),
    keys: tags.map((tag, index) =>
      `key ${value(tag)}${
        algorithms[index] === undefined
          ? ""
          : `, ${ALGORITHMS[Number(algorithms[index])] ?? `algorithm ${value(algorithms[index])}`}`
      }`
    ).join("; "),
    from: time(fields.inception),
    until: time(fields.expiration ?? fields.expiresAt ?? fields.expires),
    verdict: broken ? "unreached" : bad ? "bad" : security === "insecure" ? "none" : "good",
    why: value(fields.reason ?? fields.why ?? (security === "insecure" ? "no DS: unsigned from here" : "")),
    rest: Object.entries(fields).filter(([key]) => !KNOWN.has(key)).map((
      [key, inner],
    ) => [key, value(inner)]),
  };
}

/** What DNS said of a domain for which no proof stands here. */
export function SeenCard({ seen: { domain, security, links, why, event } }: { seen: Seen }) {
  let broken = false;
  const shown = links.map((detail, at) => {
    const link = linkOf(detail, at, broken);
    broken ||= link.verdict === "bad";
    return link;
  });
  return (
    <section class="card proof" aria-label={`DNS of ${plain(domain)}`} data-seen={domain}>
      <header>
        <h2>
          <Name of={domain} />
        </h2>
        <Pill tone={security === "secure" ? "quiet" : security === "insecure" ? "warn" : "bad"}>
          {security}
        </Pill>
        <span class="tag">no proof holds</span>
        <span class="spring" />
        <span>
          seen <When at={event.at} />
        </span>
      </header>
      {shown.length > 0 && (
        <ol class="chain">
          {shown.map((link, at) => <LinkBox key={at} link={link} />)}
        </ol>
      )}
      {why !== null && <p class="why">{plain(why)}</p>}
      <Command text={`delv +vtrace _xmpp-server._tcp.${domain} SRV`} />
    </section>
  );
}

export function ProofCard({ proof }: { proof: ProofRow }) {
  const { domain, prooftype, state, target, connection, checkedAt, recheckAt, expires } = proof;
  let broken = false;
  const links = proof.links.map((detail, at) => {
    const link = linkOf(detail, at, broken);
    broken ||= link.verdict === "bad";
    return link;
  });
  return (
    <section class="card proof" aria-label={`Proof of ${plain(domain)}`} data-proof={domain}>
      <header>
        <h2>
          <Name of={domain} />
        </h2>
        <State of={state} />
        <span class="tag">{prooftype}</span>
        <span class="spring" />
        <span>
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
          <ol class="chain">
            {links.map((link, at) => <LinkBox key={at} link={link} />)}
            {target !== null && (
              <li class={`link ${broken ? "unreached" : "good"}`}>
                <h3>{plain(target)}</h3>
                <p>the SRV target, in the peer's certificate</p>
                <p class="verdict">{broken ? "– not reached" : "✓ matched"}</p>
              </li>
            )}
          </ol>
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

const VERDICTS = { good: "✓", bad: "✕", none: "○", unreached: "–" } as const;

function LinkBox({ link: { title, role, keys, from, until, verdict, why, rest } }: { link: Link }) {
  const said = verdict === "unreached"
    ? "not reached"
    : why !== ""
    ? why
    : until === null
    ? verdict === "good" ? "holds" : ""
    : expiry(until);
  return (
    <li class={`link ${verdict}`}>
      <h3>{title}</h3>
      <p>{role}</p>
      {keys !== "" && <p class="keys">{keys}</p>}
      {until !== null && <Bar from={from} until={until} />}
      <p class="verdict">
        <span aria-hidden="true">{VERDICTS[verdict]}</span> {said}
      </p>
      {rest.length > 0 && <p class="rest">{rest.map(([key, text]) => `${key} ${text}`).join(" · ")}</p>}
    </li>
  );
}

const expiry = (until: string): string =>
  Date.parse(until) < now.value
    ? `expired ${relative(until, now.value)}`
    : `holds ${relative(until, now.value).replace("in ", "for ")}`;

/** From the signature's beginning to its end, and where now is. */
function Bar({ from, until }: { from: string | null; until: string }) {
  const end = Date.parse(until),
    start = from === null ? Math.min(now.value, end) - 14 * 86_400_000 : Date.parse(from);
  const low = Math.min(start, now.value) - (end - start) * 0.15,
    high = Math.max(end, now.value) + (end - start) * 0.15;
  const at = (time: number) => `${(100 * (time - low) / (high - low)).toFixed(1)}%`;
  return (
    <svg class="bar" width="100%" height="8" role="img" aria-label={`until ${absolute(until)}`}>
      <rect class="bar-ground" x="0" y="1" width="100%" height="6" rx="3" />
      <rect
        class="bar-fill"
        x={at(start)}
        y="1"
        width={`${(100 * (end - start) / (high - low)).toFixed(1)}%`}
        height="6"
        rx="3"
      />
      <rect class="bar-now" x={at(now.value)} y="0" width="2" height="8" />
    </svg>
  );
}
