/** What names an event: `<epoch>-<seq>`. A number alone is one of this start of the server. console.md 1.5. */
import type { Recorder } from "./recorder.ts";

export function eventId({ epoch }: Recorder, seq: number): string {
  return `${epoch}-${seq}`;
}

/** What was seen last: `restarted` when it was of another start, so that everything is news. Null when it is no id. */
export function parseEventId(
  { epoch, last }: Recorder,
  text: string,
): { readonly seq: number; readonly restarted: boolean } | null {
  const [, start, digits] = /^(?:([a-z0-9]{1,24})-)?(\d{1,15})$/.exec(text) ?? [];
  if (digits === undefined) return null;
  const seq = Number(digits);
  const restarted = (start !== undefined && start !== epoch) || seq > last;
  return { seq: restarted ? 0 : seq, restarted };
}
