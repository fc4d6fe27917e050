/** What failed where nothing is drawn: said once, at the edge, until it was read. */
import { signal } from "@preact/signals";
import { plain } from "../format.ts";

interface Mishap {
  readonly what: string;
  readonly words: string;
}

const MOST_WORDS = 200;

/** One of each kind. */
const mishaps = signal<readonly Mishap[]>([]);

export function wordsOf(error: unknown): string {
  const words = plain(error instanceof Error ? error.message : String(error));
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

export function mishap(what: string, error: unknown): void {
  const others = mishaps.peek().filter((other) => other.what !== what);
  mishaps.value = [...others, { what, words: wordsOf(error) }];
}

/** What nobody caught leaves the page as it was, perhaps with something missing. */
export function hearMishaps(): void {
  // Without an error it is the browser's own remark, as that of a ResizeObserver which has to wait for the next frame.
  addEventListener("error", ({ error }) => error instanceof Error && mishap("A step of this page", error));
  addEventListener("unhandledrejection", ({ reason }) => mishap("A step of this page", reason));
}

export function Mishaps() {
  const [first, ...more] = mishaps.value;
  if (first === undefined) return null;
  return (
    <div class="mishap" role="alert" data-mishap={first.what}>
      <p>
        ✕ {first.what} failed: <code>{first.words}</code>
        {more.length > 0 && ` (and ${more.length} more)`}. All that is shown goes on; it may lack something.
      </p>
      <button type="button" class="button" onClick={() => location.reload()}>Load the page anew</button>
      <button type="button" class="button" onClick={() => mishaps.value = []}>Dismiss</button>
    </div>
  );
}
