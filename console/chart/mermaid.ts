/** A machine as Mermaid text, which GitHub and many editors draw. console.md 1.1. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";

/** A `stateDiagram-v2`. */
export function printMermaid(machine: AnyStateMachine): string {
  return ["stateDiagram-v2", ...drawInside(machine.root, "  ")].join("\n");
}

/** `after` carries the delay's name between two fixed words: xstate.after.verdict.machine.state */
export function describe(transition: AnyTransitionDefinition, state: AnyStateNode): string {
  const delay = state.after.find((delayed) => delayed.eventType === transition.eventType)?.delay;
  const event = delay === undefined ? transition.eventType : `after ${delay}`;
  const guard = transition.guard as undefined | string | { type?: string } | ((args: unknown) => boolean);
  const name = typeof guard === "string" ? guard : typeof guard === "function" ? guard.name : guard?.type;
  return name ? `${event} [${name}]` : event;
}

export const nameOf = (state: AnyStateNode): string => state.path.join("_");

/** The transitions that leave one state, self-transitions without a change of state included. */
function drawTransitions(state: AnyStateNode, indent: string): string[] {
  const all = [...state.transitions.values()].flat();
  return all.flatMap((transition) =>
    (transition.target ?? [state]).map((target) =>
      `${indent}${nameOf(state)} --> ${nameOf(target)}: ${describe(transition, state)}`
    )
  );
}

function drawState(state: AnyStateNode, indent: string): string[] {
  const inner = Object.values(state.states);
  const drawn = inner.length === 0 ? [`${indent}state "${state.key}" as ${nameOf(state)}`] : [
    `${indent}state "${state.key}" as ${nameOf(state)} {`,
    ...drawInside(state, indent + "  "),
    `${indent}}`,
  ];
  if (state.type === "final") drawn.push(`${indent}${nameOf(state)} --> [*]`);
  return drawn;
}

function drawInside(state: AnyStateNode, indent: string): string[] {
  const inner = Object.values(state.states);
  const first = state.initial?.target?.[0];
  return [
    ...inner.flatMap((child) => drawState(child, indent)),
    ...(first ? [`${indent}[*] --> ${nameOf(first)}`] : []),
    ...inner.flatMap((child) => drawTransitions(child, indent)),
  ];
}
