/** What DNS and the network said for a connection's pairs: it stands in their histories. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { EventList, EventRow } from "../../../observe/contract.ts";
import { get } from "../api.ts";

/** Of so many pairs the own histories are looked through. */
const MOST_PAIRS = 6;
/** What of a pair's history belongs to the connection's. */
const OF_PAIRS = new Set([
  "delegation.resolved",
  "addresses.resolved",
  "tlsa.resolved",
  "posh.resolved",
  "address.tried",
]);

export interface PairEvents {
  readonly events: readonly EventRow[];
  /** Not all of the histories are there yet. */
  readonly awaited: boolean;
}

export function usePairs(events: readonly EventRow[]): PairEvents {
  const pairs = useMemo(() => {
    const found = new Map<string, { local: string; remote: string }>();
    for (const { route } of events) if (route !== null) found.set(`${route.local} ${route.remote}`, route);
    return [...found.values()].slice(0, MOST_PAIRS);
  }, [events]);
  const key = pairs.map(({ local, remote }) => `${local} ${remote}`).join();
  const [read, setRead] = useState<{ key: string; events: readonly EventRow[] }>({ key: "", events: [] });
  useEffect(() => {
    const abort = new AbortController();
    const ask = ({ local, remote }: { local: string; remote: string }) =>
      get<EventList>(
        `/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}/events`,
        abort.signal,
      )
        .then(({ events }) => events, () => [] as EventRow[]);
    void Promise.all(pairs.map(ask)).then((lists) => {
      if (abort.signal.aborted) return;
      setRead({ key, events: lists.flat().filter(({ type }) => OF_PAIRS.has(type)) });
    });
    return () => abort.abort();
  }, [key]);
  return { events: read.events, awaited: read.key !== key };
}
