/** That an operator keeps a pair away, until when, and the way to end it. protocol.md A-33. */
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { absolute, relative } from "../format.ts";
import { session } from "../socket.ts";
import { now, Trouble } from "./basics.tsx";

interface Pair {
  readonly local: string;
  readonly remote: string;
}

export function Blocked(
  { pair: { local, remote }, until, again }: { pair: Pair; until: string; again: () => void },
) {
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState(false);
  const lift = () => {
    setAsked(true);
    post(`/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}/lift`)
      .then(again, setError)
      .finally(() => setAsked(false));
  };
  return (
    <div class="row" data-blocked={until}>
      <p>
        An operator keeps this pair away until <time dateTime={until}>{absolute(until)}</time>,{" "}
        {relative(until, now.value)}.
      </p>
      {session.value?.role === "operator" && (
        <button type="button" class="button" disabled={asked} onClick={lift}>Lift the block</button>
      )}
      {error !== null && <Trouble error={error} />}
    </div>
  );
}
