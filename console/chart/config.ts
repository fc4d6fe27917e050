/** A machine as an xstate configuration in JSON: `createMachine` and Stately's tools take it. console.md 1.6. */
import {
  type ActionDefinition,
  guardOf,
  nameOf,
  type StateDefinition,
  type TransitionDefinition,
} from "./definition.ts";

export interface ConfigTransition {
  readonly target?: readonly string[];
  readonly guard?: { readonly type: string };
  readonly actions?: readonly { readonly type: string; readonly params?: unknown }[];
  readonly reenter?: true;
}

export interface MachineConfig {
  readonly id?: string;
  readonly type?: "parallel" | "final" | "history";
  readonly initial?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly entry?: ConfigTransition["actions"];
  readonly exit?: ConfigTransition["actions"];
  readonly on?: Readonly<Record<string, readonly ConfigTransition[]>>;
  readonly after?: Readonly<Record<string, readonly ConfigTransition[]>>;
  readonly states?: Readonly<Record<string, MachineConfig>>;
}

export function configOf(state: StateDefinition): MachineConfig {
  const { id, type, initial, tags, description, entry, exit, transitions, states } = state;
  const first = initial?.target[0];
  const child = first && Object.values(states).find((child) => `#${child.id}` === first);
  return strip({
    // Every state keeps its id: targets name it.
    id,
    type: type === "atomic" || type === "compound" ? undefined : type,
    initial: child ? child.key : undefined,
    tags: some(tags),
    description,
    entry: some(actionsOf(entry)),
    exit: some(actionsOf(exit)),
    on: byEvent(transitions.filter(({ delay }) => delay === undefined), ({ eventType }) => eventType),
    after: byEvent(transitions.filter(({ delay }) => delay !== undefined), ({ delay }) => String(delay)),
    states: Object.keys(states).length === 0
      ? undefined
      : Object.fromEntries(Object.entries(states).map(([key, inner]) => [key, configOf(inner)])),
  });
}

function byEvent(
  transitions: readonly TransitionDefinition[],
  keyOf: (transition: TransitionDefinition) => string,
): MachineConfig["on"] {
  if (transitions.length === 0) return undefined;
  const events: Record<string, ConfigTransition[]> = {};
  for (const transition of transitions) {
    const guard = guardOf(transition);
    (events[keyOf(transition)] ??= []).push(strip({
      target: some(transition.target ?? []),
      guard: guard === undefined ? undefined : { type: guard },
      actions: some(actionsOf(transition.actions)),
      reenter: transition.reenter ? true : undefined,
    }));
  }
  return events;
}

function actionsOf(actions: readonly ActionDefinition[]): { type: string; params?: unknown }[] {
  return actions.flatMap((action) => {
    const type = nameOf(action);
    if (type === null) return [];
    const params = typeof action === "object" ? action?.params : undefined;
    return [{ type, ...(params === undefined ? {} : { params }) }];
  });
}

const some = <T>(list: readonly T[]): readonly T[] | undefined => list.length === 0 ? undefined : list;

function strip<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
