/** Says changes to who hears the page in place of seeing it: politely, and not too often. console.md 2.3. */
import { signal } from "@preact/signals";

const said = signal("");
let last = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;

const APART_MS = 5000;

export function announce(text: string): void {
  clearTimeout(waiting);
  const wait = Math.max(0, last + APART_MS - Date.now());
  waiting = setTimeout(() => {
    last = Date.now();
    said.value = text;
  }, wait);
}

export function Announcer() {
  return <div class="heard" aria-live="polite" role="status">{said}</div>;
}
