/** What is known of a connection beside its history: who it is with, by what, and how much went through. */
import type { ConnectionRow } from "../../../observe/contract.ts";
import { bytes, count, plain } from "../format.ts";
import { Facts, Name, Skeleton, When } from "./basics.tsx";

export function ContextTab({ row }: { row: ConnectionRow | null }) {
  if (row === null) return <Skeleton />;
  const { certificate } = row;
  return (
    <div class="cards">
      <section class="card">
        <h2>Stream</h2>
        <Facts
          of={{
            "purpose": row.purpose,
            "state of its machine": <code>{row.machine}</code>,
            "local name": row.local && <Name of={row.local} />,
            "remote name": row.remote && <Name of={row.remote} />,
            "address": row.peer,
            "stream id": row.streamId === null ? null : <code>{plain(row.streamId)}</code>,
            "both directions": row.bidi ? "yes" : "no",
            "since": <When at={row.since} />,
            "closed": row.closedAt ? <When at={row.closedAt} /> : null,
            "cause": row.cause,
          }}
        />
      </section>
      <section class="card">
        <h2>TLS</h2>
        <Facts
          of={{
            "version": row.tls?.version ?? "none yet",
            "cipher": row.tls?.cipher ?? null,
            "certificate": certificate?.state ?? "none shown",
            "subject": certificate?.subject ? plain(certificate.subject) : null,
            "issuer": certificate?.issuer ? plain(certificate.issuer) : null,
            "SHA-256": certificate?.sha256 ? <code>{certificate.sha256}</code> : null,
            "ends": certificate ? <When at={certificate.expires} /> : null,
            "names": row.serverNames.map((name, at) => (
              <span key={name}>
                {at > 0 && ", "}
                <Name of={name} />
              </span>
            )),
          }}
        />
      </section>
      <section class="card">
        <h2>Speaks for</h2>
        {row.delegated.length === 0 ? <p class="quiet">Nobody yet.</p> : (
          <ul class="plain-list">
            {row.delegated.map(({ domain, prooftype, expires }) => (
              <li key={domain}>
                <Name of={domain} /> <span class="tag">{prooftype}</span> <When at={expires} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

export function CountersTab({ row }: { row: ConnectionRow | null }) {
  if (row === null) return <Skeleton />;
  return (
    <div class="tiles">
      <Tile title="Stanzas in" value={count(row.stanzas.in)} />
      <Tile title="Stanzas out" value={count(row.stanzas.out)} />
      <Tile title="Bytes in" value={bytes(row.bytes.in)} />
      <Tile title="Bytes out" value={bytes(row.bytes.out)} />
      <Tile title="Acknowledged" value={count(row.acknowledged)} />
      <Tile title="Not acknowledged yet" value={count(row.unacknowledged)} />
      <Tile title="Written, never to be confirmed" value={count(row.writtenUnconfirmed)} />
      <Tile title="Pairs" value={count(row.pairs ?? 0)} />
    </div>
  );
}

function Tile({ title, value }: { title: string; value: string }) {
  return (
    <div class="tile">
      <span class="tile-title">{title}</span>
      <b>{value}</b>
    </div>
  );
}
