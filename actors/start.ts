/** Makes every actor: its own root, watched, its crash told (style.md rule 13). */
import { type Actor, type AnyStateMachine, createActor, type EmittedFrom, type InputFrom } from "xstate";
import type { Subject } from "../facts/event.ts";
import type { Host } from "./host.ts";
import { inspect } from "./inspection.ts";

/**
 * A root actor whose effects go to `perform`; the owner starts it once it holds it, since effects may come at once.
 *
 * @param about In whose traces its steps stand.
 * @param perform One effect at a time, in order; it must not throw, and what takes time answers with an event.
 * @param crashed Called when the machine itself threw: the actor is dead, so its owner must let its resources go.
 */
export function actorOf<M extends AnyStateMachine>(
  machine: M,
  id: string,
  about: Subject,
  input: InputFrom<M>,
  perform: (effect: EmittedFrom<M>) => void,
  host: Host,
  crashed: () => void,
): Actor<M> {
  const actor = createActor(machine, { id, input, clock: host.clock } as never) as Actor<M>;
  if (isTraced(host, about)) inspect(actor, host.trace!.of(about), machine, id);
  const fail = (error: unknown) => {
    tellCrash(host, id, error);
    crashed();
  };
  // What a listener throws would reach the whole process (style.md 2.4, 5): it ends this actor alone instead.
  actor.on("*", (effect) => {
    try {
      perform(effect as EmittedFrom<M>);
    } catch (error) {
      fail(error);
    }
  });
  actor.subscribe({ error: fail });
  return actor;
}

/** What lives as shortly as one request is not looked at while its steps are left out anyway. */
function isTraced({ trace }: Host, about: Subject): boolean {
  if (trace === null) return false;
  const isRequest = about.connection !== undefined && about.pair !== undefined;
  return !isRequest || trace.wants(about);
}

/** Work that an effect began and that answers with an event: its failure is told, and ends its actor alone. */
export function background(host: Host, id: string, work: Promise<unknown>, crashed: () => void): void {
  work.catch((error) => {
    tellCrash(host, id, error);
    crashed();
  });
}

function tellCrash(host: Host, id: string, error: unknown): void {
  const detail = { id, error: error instanceof Error ? error.stack ?? error.message : String(error) };
  host.tell({ type: "actor.crashed", level: "error", detail });
}
