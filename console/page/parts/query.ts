/** Asks for something and keeps the last answer while the next one comes. console.md 2.3. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.ts";
import { revived } from "../socket.ts";

export interface Query<T> {
  readonly data: T | null;
  readonly error: unknown;
  /** An answer is awaited for longer than a moment: what is shown is dimmed. */
  readonly dimmed: boolean;
  readonly again: () => void;
}

const DIM_AFTER_MS = 300;

/** @param path Null: nothing is asked. */
export function useQuery<T>(path: string | null): Query<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; error: unknown }>({
    path: null,
    data: null,
    error: null,
  });
  const [dimmed, setDimmed] = useState(false);
  const [turn, setTurn] = useState(0);
  const back = revived.value;
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    const dim = setTimeout(() => setDimmed(true), DIM_AFTER_MS);
    const done = () => {
      clearTimeout(dim);
      setDimmed(false);
    };
    get<T>(path, abort.signal).then((data) => setState({ path, data, error: null }), (error) => {
      if (!abort.signal.aborted) {
        setState((old) => ({ path, data: error.status === 0 ? old.data : null, error }));
      }
    }).finally(() => abort.signal.aborted || done());
    return () => {
      abort.abort();
      clearTimeout(dim);
    };
  }, [path, turn, back]);
  const again = useRef(() => setTurn((turn) => turn + 1)).current;
  return { data: state.data, error: state.error, dimmed, again };
}

/** Calls back at most every `ms`, and once more at the end. */
export function throttled(ms: number, act: () => void): { (): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const run = () => {
    act();
    again = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, ms);
  };
  const call = () => {
    if (timer === undefined) run();
    else again = true;
  };
  return Object.assign(call, { cancel: () => clearTimeout(timer) });
}
