/** Keys that act, and what they do: one place, so that the help sheet is complete and all can be switched off. console.md 2.3. */
import { signal } from "@preact/signals";

type Actions = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** WCAG 2.1.4: single keys can be switched off. */
export const singleKeys = signal(localStorage.getItem("verona.keys") !== "off");

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  localStorage.setItem("verona.keys", on ? "on" : "off");
}

export const HELP: readonly (readonly [keys: string, what: string])[] = [
  ["/", "filter"],
  ["Ctrl K", "go to anything, or do something"],
  ["j, k or ↓, ↑", "next and previous row or event"],
  ["Enter", "open the selected row"],
  ["Esc", "close, or clear the filter"],
  ["g o, g c, g r, g p, g f", "overview, connections, routes, proofs, failures"],
  ["g k, g m, g l", "check, machines, log"],
  ["[, ]", "previous and next event of a trace"],
  ["Home, End", "first and last"],
  [".", "pause what is live, or go on"],
  ["+, -, 0, 1", "chart: larger, smaller, fit, actual size"],
  ["?", "this sheet"],
];

const layers: Actions[] = [];
let prefix = "";
let forget: ReturnType<typeof setTimeout> | undefined;

/** The last one asked is asked first. Call the result to stop. */
export function onKeys(actions: Actions): () => void {
  layers.push(actions);
  return () => layers.splice(layers.indexOf(actions), 1);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox"));

/** Keys that a focused button, link or slider wants itself. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key === "Enter" && target.closest("a,button,summary")) return true;
  return target instanceof HTMLInputElement && /^(Arrow|Home|End)/.test(key);
}

function nameOf({ key, ctrlKey, metaKey }: KeyboardEvent): string {
  const name = ctrlKey || metaKey ? `Ctrl ${key.toUpperCase()}` : key;
  return prefix === "" ? name : `${prefix} ${name}`;
}

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    const single = !name.startsWith("Ctrl ") && name.length <= 3 &&
      !/^(Arrow|Home|End|Enter|Escape)/.test(name);
    if (isTyping(event.target) && !name.startsWith("Ctrl ")) return;
    if (isTaken(event) || (single && !singleKeys.value)) return;
    const layer = layers.findLast((actions) => name in actions);
    setPrefix("");
    if (layer !== undefined) {
      event.preventDefault();
      layer[name]!(event);
    } else if (layers.some((actions) => Object.keys(actions).some((known) => known.startsWith(`${name} `)))) {
      setPrefix(name);
    }
  });
}

function setPrefix(name: string): void {
  prefix = name;
  clearTimeout(forget);
  if (name !== "") forget = setTimeout(() => prefix = "", 1500);
}
