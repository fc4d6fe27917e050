/** Which connections carry a pair, in order; and those that did until just now, with the reason why they do not any more. console.md 6 C2. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConnectionRow, RouteConnection } from "../../../observe/contract.ts";
import { get } from "../api.ts";
import { hrefs } from "../location.ts";
import { subscribe } from "../socket.ts";
import { When } from "./basics.tsx";

/** The end of a connection is in the histories of none of its pairs (they may be a million): the pair's row tells. */
export function watchPair(local: string, remote: string, changed: () => void): () => void {
  const frame = { sub: "routes", q: `local:${local} remote:${remote}`, window: [0, 10] } as const;
  return subscribe("routes", () => frame, ({ op }) => op !== "snapshot" && changed());
}

const MOST_GONE = 5;

type Gone = Pick<ConnectionRow, "id" | "closedAt" | "cause">;

export function Carriers({ of }: { of: readonly RouteConnection[] | undefined }) {
  const carriers = of ?? [];
  const gone = useGone(carriers);
  if (carriers.length + gone.length === 0) return null;
  return (
    <ol class="carriers" aria-label="Connections in order">
      {carriers.map(({ id, direction, order, used, prooftype }) => (
        <li key={`${direction} ${id}`} class={used ? "used" : ""} data-connection={id}>
          <span class="order">{order}</span>
          <a href={hrefs.connection(id)}>{id}</a> {direction === "send" ? "sends" : "receives"}
          {prooftype !== null && <span class="tag">{prooftype}</span>} {used ? "in use" : "standby"}
        </li>
      ))}
      {gone.map(({ id, closedAt, cause }) => (
        <li key={`gone ${id}`} class="gone" data-gone={id}>
          <a href={hrefs.connection(id)}>{id}</a> left <When at={closedAt} none="the pair" />
          {cause !== null && <code class="cause">{cause}</code>}
        </li>
      ))}
    </ol>
  );
}

/** Those that left while somebody looked, the last one first. */
function useGone(carriers: readonly RouteConnection[]): readonly Gone[] {
  const [gone, setGone] = useState<readonly Gone[]>([]);
  const before = useRef<readonly string[]>([]);
  const ids = [...new Set(carriers.map(({ id }) => id))];
  useEffect(() => {
    const left = before.current.filter((id) => !ids.includes(id));
    before.current = ids;
    for (const id of left) {
      void get<ConnectionRow>(`/connections/${encodeURIComponent(id)}`)
        .then(({ closedAt, cause }) => ({ id, closedAt, cause }), () => ({ id, closedAt: null, cause: null }))
        .then((one) => setGone((known) => [one, ...known].slice(0, MOST_GONE)));
    }
  }, [ids.join()]);
  return gone;
}
