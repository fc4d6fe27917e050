/** One connection's row, kept up to date. */
import { useEffect } from "preact/hooks";
import type { ConnectionRow } from "../../../observe/contract.ts";
import { subscribe } from "../socket.ts";
import { useQuery } from "./query.ts";
import { useState } from "preact/hooks";

export function useLiveRow(id: string): { row: ConnectionRow | null; error: unknown; again: () => void } {
  const { data, error, again } = useQuery<ConnectionRow>(`/connections/${encodeURIComponent(id)}`);
  const [patched, setPatched] = useState<ConnectionRow | null>(null);
  useEffect(() => setPatched(null), [data]);
  useEffect(
    () =>
      subscribe("connections", () => ({ sub: "connections", q: `id:${id}`, window: [0, 1] }), (frame) => {
        if (frame.op === "tick") return again();
        if (frame.op !== "patch" && frame.op !== "snapshot") return;
        if (frame.topic !== "connections") return;
        const rows = (frame.op === "patch" ? frame.data.changed : frame.data.rows) as readonly {
          row: ConnectionRow;
        }[];
        const mine = rows.find(({ row }) => row.id === id);
        if (mine !== undefined) setPatched(mine.row);
        // Closed: the list has it no more, but the server remembers it.
        if (frame.op === "patch" && frame.data.gone.length > 0) again();
      }),
    [id],
  );
  return { row: patched ?? data, error, again };
}
