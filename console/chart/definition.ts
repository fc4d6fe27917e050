/** A machine as data: what xstate says of its own structure, and the hash that a chart is kept by. console.md 1.2. */
import { createHash } from "node:crypto";
import type { AnyStateMachine } from "xstate";

/** `machine.definition` after JSON: functions are gone, targets are `#id`. */
export interface StateDefinition {
  readonly id: string;
  readonly key: string;
  readonly type: "atomic" | "compound" | "parallel" | "final" | "history";
  readonly initial?: { readonly target: readonly string[] };
  readonly states: Readonly<Record<string, StateDefinition>>;
  readonly transitions: readonly TransitionDefinition[];
  readonly entry: readonly ActionDefinition[];
  readonly exit: readonly ActionDefinition[];
  readonly tags: readonly string[];
  readonly description?: string;
}

export interface TransitionDefinition {
  readonly eventType: string;
  readonly target?: readonly string[];
  readonly guard?: string | { readonly type: string };
  readonly actions: readonly ActionDefinition[];
  readonly reenter: boolean;
  /** The name of a delay, or milliseconds. */
  readonly delay?: string | number;
}

export type ActionDefinition = string | { readonly type: string; readonly params?: unknown } | null;

export function definitionOf(machine: AnyStateMachine): StateDefinition {
  return JSON.parse(JSON.stringify(machine.definition));
}

export function hashOf(definition: StateDefinition): string {
  return createHash("sha256").update(JSON.stringify(definition)).digest("hex");
}

/** Null for what xstate adds by itself: the timers of `after`. */
export function nameOf(action: ActionDefinition): string | null {
  const name = action === null ? "(unnamed)" : typeof action === "string" ? action : action.type;
  return name.startsWith("xstate.") ? null : name;
}

export function guardOf({ guard }: TransitionDefinition): string | undefined {
  return typeof guard === "string" ? guard : guard?.type;
}

export function eventOf({ eventType, delay }: TransitionDefinition): string {
  return delay === undefined ? eventType : `after ${delay}`;
}

/** Every state by its `#id`, with its path from the root (the root's is ""). */
export function statesById(root: StateDefinition): Map<string, { path: string; state: StateDefinition }> {
  const found = new Map<string, { path: string; state: StateDefinition }>();
  const walk = (state: StateDefinition, path: string) => {
    found.set(`#${state.id}`, { path, state });
    for (const [key, child] of Object.entries(state.states)) {
      walk(child, path === "" ? key : `${path}.${key}`);
    }
  };
  walk(root, "");
  return found;
}

/** The transitions of a state with the keys by which traces name them: `source|event|n`. */
export function keyedTransitions(
  path: string,
  { transitions }: StateDefinition,
): [string, TransitionDefinition][] {
  const seen = new Map<string, number>();
  return transitions.map((transition) => {
    const event = eventOf(transition), at = seen.get(event) ?? 0;
    seen.set(event, at + 1);
    return [`${path}|${event}|${at}`, transition];
  });
}
