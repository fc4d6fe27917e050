/** What is to be drawn, without places: a machine's states with their rows, and the edges between them. console.md 1.3, 1.6. */
import type { ChartState, Label, Row } from "../../console/chart/chart.ts";
import {
  eventOf,
  guardOf,
  keyedTransitions,
  nameOf,
  type StateDefinition,
  statesById,
  type TransitionDefinition,
} from "../../console/chart/definition.ts";

export interface GraphState extends Omit<ChartState, "x" | "y" | "w" | "h"> {
  readonly children: readonly string[];
  /** The child that is entered first. */
  readonly initial: string | null;
}

/** All transitions from one state to another one. */
export interface GraphEdge {
  readonly source: string;
  readonly target: string;
  readonly labels: readonly Label[];
}

export interface Graph {
  /** Parents before their children; the root is not among them. */
  readonly states: ReadonlyMap<string, GraphState>;
  readonly top: readonly string[];
  readonly initial: string | null;
  readonly steps: readonly GraphEdge[];
  /** Those that are rows in the usual picture. */
  readonly ends: readonly GraphEdge[];
}

/** What ends so many states alike says nothing in any one of them. */
const ALIKE = 3;
/** Of one kind, in one box. */
const MOST_ROWS = 2;
const LONGEST_ROW = 25;
/** States that lead to one last state. */
const MANY = 5;

export function graphOf(root: StateDefinition): Graph {
  const byId = statesById(root);
  const targetOf = ({ target }: TransitionDefinition) =>
    target?.[0] === undefined ? null : byId.get(target[0])!.path;
  const endings = endingStates(root, byId);
  const isEnd = (source: string, target: string) =>
    endings.has(topOf(target)) && !endings.has(topOf(source)) && source !== "";
  const counts = countEnds(byId, isEnd, targetOf);
  const states = new Map<string, GraphState>();
  const steps = new Edges(), ends = new Edges();
  for (const { path, state } of byId.values()) {
    const folded: [Label, string][] = [], stay: [Label, string | null][] = [];
    for (const [key, transition] of keyedTransitions(path, state)) {
      const label = labelOf(key, transition), target = targetOf(transition);
      if (target === null || target === path || isHeldBy(path, target) || isHeldBy(target, path)) {
        stay.push([label, target === path ? null : target]);
      } else if (isEnd(path, target)) {
        folded.push([label, target]);
        ends.add(path, target, label);
      } else steps.add(path, target, label);
    }
    if (path !== "") {
      states.set(path, stateOf(path, state, byId, [...stayRows(stay), ...endRows(folded, counts)]));
    }
  }
  return {
    states,
    top: Object.keys(root.states),
    initial: initialOf(root, byId),
    steps: steps.all(),
    ends: ends.all(),
  };
}

type ById = ReturnType<typeof statesById>;

const isHeldBy = (inner: string, outer: string): boolean => outer === "" || inner.startsWith(`${outer}.`);

const topOf = (path: string): string => path.split(".")[0]!;

/** Where a stream goes to its end, and a last state to which so many lead that its edges would hide all others. */
function endingStates(root: StateDefinition, byId: ById): Set<string> {
  const sourcesOf = ({ id }: StateDefinition) =>
    [...byId.values()].filter(({ state }) => state.transitions.some(({ target }) => target?.[0] === `#${id}`))
      .length;
  return new Set(
    Object.entries(root.states).filter(([, state]) =>
      state.tags.includes("closing") || state.tags.includes("closed") ||
      (state.type === "final" && sourcesOf(state) >= MANY)
    ).map(([key]) => key),
  );
}

/** How many states each label ends. */
function countEnds(
  byId: ById,
  isEnd: (source: string, target: string) => boolean,
  targetOf: (transition: TransitionDefinition) => string | null,
): Map<string, number> {
  const sources = new Map<string, Set<string>>();
  for (const { path, state } of byId.values()) {
    for (const transition of state.transitions) {
      const target = targetOf(transition);
      if (target === null || !isEnd(path, target)) continue;
      const text = print(labelOf("", transition));
      sources.set(text, (sources.get(text) ?? new Set()).add(path));
    }
  }
  return new Map([...sources].map(([text, { size }]) => [text, size]));
}

function labelOf(key: string, transition: TransitionDefinition): Label {
  const guard = guardOf(transition);
  return { key, event: eventOf(transition), ...(guard === undefined ? {} : { guard }) };
}

function initialOf({ initial }: StateDefinition, byId: ById): string | null {
  const target = initial?.target[0];
  return target === undefined ? null : byId.get(target)!.path;
}

function stateOf(path: string, state: StateDefinition, byId: ById, rows: readonly Row[]): GraphState {
  const parent = path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : null;
  const inParallel = parent !== null &&
    [...byId.values()].find((other) => other.path === parent)!.state.type === "parallel";
  return {
    id: path,
    name: state.key,
    kind: inParallel ? "region" : state.type === "history" ? "atomic" : state.type,
    parent,
    rows: [...actionRows("entry", state.entry), ...actionRows("exit", state.exit), ...rows],
    children: Object.keys(state.states).map((key) => `${path}.${key}`),
    initial: initialOf(state, byId),
  };
}

/** `report state` says what the state says already. */
function actionRows(kind: "entry" | "exit", actions: StateDefinition["entry"]): Row[] {
  const names = actions.map(nameOf).filter((name) => name !== null && name !== "report state");
  return names.map((name) => ({ kind, text: cut(`${kind} / ${name}`), labels: [] }));
}

type End = readonly [Label, string];

/** Different events that end it under the same condition are one saying. */
function byGuard(ends: readonly End[]): End[][] {
  const groups = new Map<string, End[]>();
  for (const end of ends) {
    const [label] = end;
    const key = label.guard === undefined || label.event.startsWith("after ")
      ? print(label)
      : `[${label.guard}]`;
    groups.set(key, [...groups.get(key) ?? [], end]);
  }
  return [...groups.values()];
}

const rarest = (group: readonly End[], counts: ReadonlyMap<string, number>): number =>
  Math.min(...group.map(([label]) => counts.get(print(label))!));

/** Nothing changes, or what happens stays within one box: then the row says where it leads. */
function stayRows(stay: readonly (readonly [Label, string | null])[]): Row[] {
  const groups = new Map<string, Label[]>();
  for (const [label, target] of stay) {
    const text = target === null
      ? label.event
      : `${label.event} → ${target.slice(target.lastIndexOf(".") + 1)}`;
    groups.set(text, [...groups.get(text) ?? [], label]);
  }
  const all = [...groups];
  const shown = all.length > MOST_ROWS ? all.slice(0, MOST_ROWS - 1) : all;
  const rest = all.slice(shown.length).flatMap(([, labels]) => labels);
  const rows = shown.map(([text, labels]): Row => ({ kind: "stay", text: cut(text), labels }));
  return rest.length === 0 ? rows : [...rows, { kind: "stay", text: `${rest.length} more`, labels: rest }];
}

function endRows(folded: readonly End[], counts: ReadonlyMap<string, number>): Row[] {
  const common = (text: string) => counts.get(text)! >= ALIKE;
  const says = ([{ event, guard }]: (typeof folded)[number]) =>
    guard === undefined
      ? event.startsWith("after ") || !common(event)
      // Where the event ends it in any case, the guard only chooses how.
      : !folded.some(([other]) => other.event === event && other.guard === undefined && common(event));
  const sayings = byGuard(folded.filter(says));
  const own = sayings.toSorted((a, b) => rarest(a, counts) - rarest(b, counts)).slice(0, MOST_ROWS);
  const rest = folded.filter((end) => !own.flat().includes(end));
  const rows = sayings.filter((group) => own.includes(group)).map((group): Row => {
    const [[label, target]] = group as [(typeof group)[number]];
    const text = group.length === 1 ? print(label) : `${group.length} × [${label.guard}]`;
    return { kind: "end", text: cut(text), labels: group.map(([label]) => label), target };
  });
  if (rest.length === 0) return rows;
  const text = rest.length === 1
    ? print(rest[0]![0])
    : `${rest.length} ${rows.length > 0 ? "other " : ""}endings`;
  return [...rows, { kind: "end", text: cut(text), labels: rest.map(([label]) => label) }];
}

export const print = ({ event, guard }: Omit<Label, "key">): string =>
  guard === undefined ? event : `${event} [${guard}]`;

const cut = (text: string): string => text.length > LONGEST_ROW ? `${text.slice(0, LONGEST_ROW - 1)}…` : text;

/** Transitions grouped by where they begin and end. */
class Edges {
  readonly #byEnds = new Map<string, GraphEdge & { labels: Label[] }>();

  add(source: string, target: string, label: Label): void {
    const key = `${source}>${target}`;
    const edge = this.#byEnds.get(key) ?? { source, target, labels: [] };
    edge.labels.push(label);
    this.#byEnds.set(key, edge);
  }

  all(): GraphEdge[] {
    return [...this.#byEnds.values()];
  }
}
