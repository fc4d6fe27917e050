/** Turns what the servers tell and the components receive into what the story shows. */
import type { Detail } from "../facts/event.ts";
import { type Component, errorOf, type Received } from "./component.ts";
import type { Seen } from "./narrator.ts";
import type { ShownEvent, VeronaProcess } from "./server.ts";

/** How long a step is waited for. */
export const PATIENCE_MS = 10_000;

type Matches = (event: ShownEvent) => boolean;
type Fields = { readonly [key: string]: Detail };

/** An event as a step; `connection` says on which. */
export interface SeenEvent extends Seen {
  readonly event: ShownEvent;
}

/** The first event of a server, after the first `since`, that matches; null when the time is up. */
export async function told(
  server: VeronaProcess,
  since: number,
  matches: Matches,
  describe: (event: ShownEvent) => readonly string[],
  withinMs = PATIENCE_MS,
): Promise<SeenEvent | null> {
  const event = await waitFor(server, () => server.events.slice(since).find(matches), withinMs);
  if (!event) return null;
  const { at, type, connection, route, cause, detail } = event;
  const evidence = JSON.parse(JSON.stringify({ type, connection, route, cause, detail }));
  return { by: server.plan.role, at, lines: describe(event), evidence, event };
}

/** Asks again whenever the server has told more. */
async function waitFor<T>(
  server: VeronaProcess,
  ask: () => T | undefined,
  withinMs: number,
): Promise<T | undefined> {
  const done = Promise.withResolvers<T | undefined>();
  const look = () => {
    const found = ask();
    if (found !== undefined) done.resolve(found);
  };
  const stop = server.listen(look);
  const timer = setTimeout(() => done.resolve(undefined), withinMs);
  look();
  try {
    return await done.promise;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Matches an event by type, pair and fields of its detail. */
export function event(type: string, detail: Fields = {}, local?: string, remote?: string): Matches {
  return (event) =>
    event.type === type &&
    (local === undefined || event.route?.local === local) &&
    (remote === undefined || event.route?.remote === remote) &&
    Object.entries(detail).every(([key, value]) => event.detail?.[key] === value);
}

/** What a component received, as a step. */
export interface SeenStanza extends Seen {
  readonly stanza: Received;
}

/** The message that a component is waiting for. */
export async function received(
  component: Component,
  matches: (message: Received) => boolean,
  withinMs = PATIENCE_MS,
): Promise<SeenStanza | null> {
  const stanza = await component.next((element) => element.name === "message" && matches(element), withinMs);
  if (stanza === null) return null;
  const { from = "", to = "", id = "" } = stanza.attributes;
  const error = errorOf(stanza);
  const body = stanza.inside.find(({ name }) => name === "body")?.text ?? "";
  const words = error ? `${error.condition}: ${error.text}` : `"${body}"`;
  return {
    by: component.domain,
    at: new Date().toISOString(),
    lines: [`${from} to ${to}: ${words}`],
    evidence: { from, to, id, ...(error ? { error } : { body }) },
    stanza,
  };
}

/** The delegation and the chain that proves it, or why it is not proven. */
export function describeDelegation({ detail = {} }: ShownEvent): string[] {
  const { targets = [], lookups = [], why } = detail as unknown as Delegation;
  const lookup = lookups[0];
  const hosts = targets.map(({ host, port }) => `${host}:${port}`).join(", ");
  const chain = (lookup?.chain ?? []).map(({ zone, keyTags }) => `${zone} [${keyTags.join(" ")}]`).join(
    " -> ",
  );
  return [
    ...(lookup ? [`${lookup.name} SRV ${hosts || "is not believed"}: ${lookup.security}`] : []),
    ...(chain ? [`${chain}${lookup?.witness === "agreed" ? "; the second validator agrees" : ""}`] : []),
    ...[why ?? lookup?.why ?? []].flat(),
  ];
}

interface Delegation {
  readonly targets?: readonly { host: string; port: number }[];
  readonly lookups?: readonly {
    name: string;
    security: string;
    witness: string;
    why: string | null;
    chain: readonly { zone: string; keyTags: readonly number[] }[];
  }[];
  readonly why?: string | null;
}

/** To whom everybody writes. */
export const JULIET = "juliet@target.tld";

/** The message with this id. */
export const withId = (id: string) => ({ attributes }: Received): boolean => attributes.id === id;

/** The federation connections that a server opened or accepted since its start. */
export function opened({ events }: VeronaProcess): string[] {
  return events.filter(({ type }) => type === "connection.opened").map(({ connection }) => connection!);
}
