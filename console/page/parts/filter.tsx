/** The filter of a table: one box of `key:value` terms, buttons that set them, and what may be typed next. console.md 2.3. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Facet, Fields, TableName } from "../../../observe/contract.ts";
import { count } from "../format.ts";
import { go, withParams } from "../location.ts";
import { onKeys } from "../keys.ts";
import { toneOf } from "./basics.tsx";
import { useQuery } from "./query.ts";

const DEBOUNCE_MS = 150;

export interface FilterBarProps {
  readonly table: TableName;
  readonly q: string;
  readonly placeholder: string;
  readonly facet: string;
  readonly facets: Readonly<Record<string, readonly Facet[]>>;
  readonly counts: string;
  readonly fresh: number;
  readonly paused: boolean;
  readonly onFresh: () => void;
  readonly onPause: () => void;
}

export function FilterBar(
  { table, q, placeholder, facet, facets, counts, fresh, paused, onFresh, onPause }: FilterBarProps,
) {
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const fields = useQuery<Fields>("/fields");
  useEffect(() => {
    if (document.activeElement !== box.current) setText(q);
  }, [q]);
  useEffect(() => onKeys({ "/": () => box.current?.select() }), []);
  useEffect(() => () => clearTimeout(waiting.current), []);
  const type = (value: string) => {
    setText(value);
    clearTimeout(waiting.current);
    waiting.current = setTimeout(
      () => go(withParams({ q: value.trim() || null }), { replace: true }),
      DEBOUNCE_MS,
    );
  };
  const set = (value: string) => {
    clearTimeout(waiting.current); // what was typed before does not come back
    setText(value);
    go(withParams({ q: value || null }));
  };
  return (
    <div class="filter-bar" role="search">
      <input
        ref={box}
        class="filter"
        type="search"
        aria-label="Filter"
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        list="filter-words"
        value={text}
        onInput={({ currentTarget }) => type(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            set("");
            box.current?.blur();
          } else if (event.key === "Enter") box.current?.blur();
        }}
      />
      <datalist id="filter-words">
        {suggestions(fields.data?.[table] ?? [], text).map((word) => <option key={word} value={word} />)}
      </datalist>
      <div class="facets">
        {(facets[facet] ?? []).slice(0, 8).map(({ value, count: n }) => (
          <Facet_ key={value} term={`${facet}:${value}`} value={value} n={n} q={q} set={set} />
        ))}
      </div>
      <span class="spring" />
      {paused
        ? <button type="button" class="button" onClick={onPause}>Paused · go on</button>
        : fresh > 0 && (
          <button type="button" class="button fresh" onClick={onFresh}>{count(fresh)} changed · show</button>
        )}
      <span class="counts" data-counts>{counts}</span>
    </div>
  );
}

function Facet_(
  { term, value, n, q, set }: { term: string; value: string; n: number; q: string; set: (q: string) => void },
) {
  const terms = q.split(/\s+/).filter((word) => word !== "");
  const on = terms.includes(term);
  const key = term.slice(0, term.indexOf(":") + 1);
  const next = on
    ? terms.filter((word) => word !== term)
    : [...terms.filter((word) => !word.startsWith(key)), term];
  return (
    <button
      type="button"
      class={`facet ${toneOf(value)}${on ? " on" : ""}`}
      aria-pressed={on}
      onClick={() => set(next.join(" "))}
    >
      {value} <b>{count(n)}</b>
    </button>
  );
}

/** What the last word may become. */
function suggestions(fields: Fields[string], text: string): string[] {
  const words = text.split(/\s+/), last = words.at(-1) ?? "", before = words.slice(0, -1).join(" ");
  const [key, value] = last.replace(/^-/, "").split(":") as [string, string | undefined];
  const minus = last.startsWith("-") ? "-" : "";
  const found = value === undefined
    ? fields.filter((field) => field.key.startsWith(key)).map((field) => `${field.key}:`)
    : (fields.find((field) => field.key === key)?.values ?? []).filter((word) => word.startsWith(value)).map((
      word,
    ) => `${key}:${word}`);
  return found.slice(0, 12).map((word) => `${before === "" ? "" : `${before} `}${minus}${word}`);
}
