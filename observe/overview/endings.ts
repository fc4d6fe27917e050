/** What ends soon: looked up now and then, at leisure. */
import type { Expiring } from "../contract.ts";
import type { LiveProof } from "../live.ts";
import type { Rest } from "../tables/pace.ts";
import type { ServerView } from "../view.ts";

const DAY_MS = 86_400_000;
/** Proofs are renewed long before: one with less than this left is not. */
const PROOF_MS = DAY_MS;
const CERTIFICATE_MS = 30 * DAY_MS;
const MOST = 20;

export interface Ending extends Omit<Expiring, "at"> {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The soonest, and proofs whose renewal fails. */
export interface Endings {
  readonly soonest: readonly Ending[];
  readonly troubled: readonly LiveProof[];
}

export async function findEndings(view: ServerView, now: number, rest: Rest): Promise<Endings> {
  const all: Ending[] = [];
  for (const { names: [name = ""], notAfter } of view.certificates()) {
    if (rest.due) await rest.take();
    if (notAfter > now + CERTIFICATE_MS) continue;
    keep(all, { kind: "own-certificate", name, connection: null, at: notAfter });
  }
  const troubled: LiveProof[] = [];
  const peers = new Set<string>();
  for (const row of view.sources.connections.rows()) {
    const { certificate, id } = row;
    if (rest.due) await rest.take();
    const expires = certificate?.expires ?? null;
    if (certificate === null || expires === null || expires > now + CERTIFICATE_MS) continue;
    if (certificate.sha256 !== null && peers.has(certificate.sha256)) continue;
    if (certificate.sha256 !== null) peers.add(certificate.sha256);
    const name = row.serverNames[0] ?? row.remote ?? id;
    keep(all, { kind: "peer-certificate", name, connection: id, at: expires });
  }
  for (const row of view.sources.proofs.rows()) {
    if (rest.due) await rest.take();
    if (row.state === "suspected" || row.state === "postponed") troubled.push(row);
    if (row.expires === null || row.expires > now + PROOF_MS) continue;
    keep(all, { kind: "proof", name: row.domain, connection: row.connection, at: row.expires });
  }
  return { soonest: soonest(all), troubled: troubled.slice(0, MOST) };
}

/** However many there are, only so many are remembered. */
function keep(all: Ending[], one: Ending): void {
  all.push(one);
  if (all.length > 10 * MOST) all.splice(0, all.length, ...soonest(all));
}

const soonest = (all: readonly Ending[]): Ending[] => all.toSorted((a, b) => a.at - b.at).slice(0, MOST);
