/** Ctrl K: go to any part, connection, pair or domain, or do something. console.md 2.3. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ConnectionList, RouteList } from "../../observe/contract.ts";
import { get } from "./api.ts";
import { plain } from "./format.ts";
import { Sheet } from "./help.tsx";
import { go, hrefs } from "./location.ts";
import { SECTIONS } from "./sections.ts";
import { toggleTheme } from "./theme.ts";

interface Choice {
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly act: () => void;
}

const DEBOUNCE_MS = 120;

export function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useFound(text);
  const choices = useMemo(() => [...fixed(text, onHelp), ...found], [text, found]);
  useEffect(() => setAt(0), [choices]);
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    onClose();
    choice.act();
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => setAt(Math.min(choices.length - 1, at + 1)),
    ArrowUp: () => setAt(Math.max(0, at - 1)),
    Enter: () => choose(choices[at]),
  };
  return (
    <Sheet title="Go to" onClose={onClose}>
      <input
        class="filter"
        role="combobox"
        aria-label="Go to a section, connection, pair or domain"
        aria-expanded="true"
        aria-controls="choices"
        aria-activedescendant={choices.length > 0 ? `choice-${at}` : undefined}
        placeholder="a domain, a connection, or what to do"
        spellcheck={false}
        autofocus
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          const act = keys[event.key];
          if (act === undefined) return;
          event.preventDefault();
          act();
        }}
      />
      <Choices of={choices} at={at} onChoose={choose} />
      {choices.length === 0 && <p class="quiet">Nothing of that name.</p>}
    </Sheet>
  );
}

function Choices(
  { of, at, onChoose }: { of: readonly Choice[]; at: number; onChoose: (choice: Choice) => void },
) {
  return (
    <ul class="choices" id="choices" role="listbox" aria-label="Choices">
      {of.map((choice, index) => (
        <li
          key={choice.id}
          id={`choice-${index}`}
          role="option"
          aria-selected={index === at}
          onClick={() => onChoose(choice)}
        >
          <span>{plain(choice.title)}</span>
          <span class="what">{choice.what}</span>
        </li>
      ))}
    </ul>
  );
}

function fixed(text: string, onHelp: () => void): Choice[] {
  const word = text.trim().toLowerCase();
  const all: Choice[] = [
    ...SECTIONS.map(({ id, title, href, key }) => ({
      id,
      title,
      what: `go to, g ${key}`,
      act: () => go(href),
    })),
    { id: "theme", title: "Switch between light and dark", what: "do", act: toggleTheme },
    { id: "trace", title: "Open an exported trace", what: "a file", act: () => go("/trace") },
    { id: "keys", title: "Keyboard help", what: "do, ?", act: onHelp },
  ];
  const matching = all.filter(({ title }) => title.toLowerCase().includes(word));
  if (!word.includes(".")) return matching;
  return [...matching, {
    id: "check",
    title: `Check ${word}`,
    what: "can we federate with it?",
    act: () => go(`/check?to=${encodeURIComponent(word)}`),
  }];
}

/** Connections and pairs that hold the word. */
function useFound(text: string): Choice[] {
  const [found, setFound] = useState<Choice[]>([]);
  useEffect(() => {
    const word = text.trim();
    if (word.length < 2) return setFound([]);
    const abort = new AbortController();
    const wait = setTimeout(() => {
      void Promise.all([
        get<ConnectionList>(`/connections?limit=6&q=${encodeURIComponent(word)}`, abort.signal),
        get<RouteList>(`/routes?limit=6&q=${encodeURIComponent(word)}`, abort.signal),
      ]).then(([{ connections }, { routes }]) =>
        setFound([
          ...connections.map(({ id, local, remote, peer }) => ({
            id,
            title: `${id}  ${local ?? "?"} ↔ ${remote ?? peer ?? "?"}`,
            what: "connection",
            act: () => go(hrefs.connection(id)),
          })),
          ...routes.map(({ local, remote, state }) => ({
            id: `${local} ${remote}`,
            title: `${local} → ${remote}`,
            what: `pair, ${state}`,
            act: () => go(hrefs.route(local, remote)),
          })),
        ]), () => {});
    }, DEBOUNCE_MS);
    return () => {
      clearTimeout(wait);
      abort.abort();
    };
  }, [text]);
  return found;
}
