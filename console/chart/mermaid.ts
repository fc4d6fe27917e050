/** A machine as Mermaid text, which GitHub and many editors draw. console.md 1.1. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";

/**
 * A `stateDiagram-v2`. Mermaid takes a state for a part of the block in which it is named first: so all states come
 * before all arrows, and those stand in no block.
 */
export function printMermaid(machine: AnyStateMachine): string {
  return ["stateDiagram-v2", ...drawInside(machine.root, "  "), ...drawArrows(machine.root)].join("\n");
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

/** The transitions that leave the states below one, self-transitions without a change of state included. */
function drawArrows(parent: AnyStateNode): string[] {
  return Object.values(parent.states).flatMap((state) => {
    const arrows = new Map<AnyStateNode, string[]>();
    for (const transition of [...state.transitions.values()].flat()) {
      for (const target of transition.target ?? [state]) {
        arrows.set(target, [...arrows.get(target) ?? [], describe(transition, state)]);
      }
    }
    return [
      ...[...arrows].flatMap(([target, words]) => drawArrow(state, target, words)),
      ...drawArrows(state),
    ];
  });
}

/**
 * Between a block and what is in it, or itself, Mermaid draws no arrow: one into a block ends where that begins, one
 * out of it is a note. Of several from a state to itself it draws one.
 */
function drawArrow(from: AnyStateNode, to: AnyStateNode, words: readonly string[]): string[] {
  const isBlock = Object.keys(from.states).length > 0;
  if (isAbove(from, to) || (from === to && isBlock)) {
    return [`  note right of ${nameOf(firstOf(to))} : ${[`wherever in ${from.key}`, ...words].join(BREAK)}`];
  }
  const end = isAbove(to, from) ? firstOf(to) : to;
  const arrow = `  ${nameOf(from)} --> ${nameOf(end)}`;
  return end === from ? [`${arrow}: ${words.join(BREAK)}`] : words.map((one) => `${arrow}: ${one}`);
}

const BREAK = "<br/>";

const isAbove = (outer: AnyStateNode, inner: AnyStateNode): boolean =>
  outer !== inner && outer.path.every((key, i) => inner.path[i] === key);

function firstOf(state: AnyStateNode): AnyStateNode {
  const first = state.initial?.target?.[0];
  return first === undefined ? state : firstOf(first);
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
  ];
}
