/** Small things that every page uses. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { absolute, ascii, plain, relative } from "../format.ts";
import { ApiProblem } from "../api.ts";
import { announce } from "./announce.tsx";

/** The time by this machine, once a second. */
export const now = signal(Date.now());
setInterval(() => now.value = Date.now(), 1000);

export type Tone = "good" | "busy" | "bad" | "warn" | "quiet";

/** A state as a word with a sign: colour alone says nothing. */
export function Pill({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`pill ${tone}`}>
      <span class="sign" aria-hidden="true">{SIGN[tone]}</span>
      {children}
    </span>
  );
}

const SIGN: Readonly<Record<Tone, string>> = { good: "●", busy: "◐", bad: "✕", warn: "!", quiet: "○" };

const TONES: Readonly<Record<string, Tone>> = {
  established: "good",
  authorised: "good",
  held: "good",
  connected: "good",
  healthy: "good",
  ok: "good",
  connecting: "busy",
  negotiating: "busy",
  resolving: "busy",
  requesting: "busy",
  rechecking: "busy",
  draining: "busy",
  closing: "busy",
  suspected: "warn",
  postponed: "warn",
  degraded: "warn",
  warn: "warn",
  away: "warn",
  denied: "bad",
  fail: "bad",
  closed: "quiet",
  backoff: "warn",
};

export const toneOf = (state: string): Tone => TONES[state] ?? "quiet";

export function State({ of }: { of: string }) {
  return <Pill tone={toneOf(of)}>{of}</Pill>;
}

/** A domain as text; an internationalised one in both forms. */
export function Name({ of, short = false }: { of: string; short?: boolean }) {
  const text = plain(of), other = ascii(of);
  return (
    <span class="name" title={other === null ? text : `${text} = ${other}`}>
      {text}
      {other !== null && <span class="other-form">{short ? " " : " = "}{other}</span>}
    </span>
  );
}

/** A time, relative to now; the absolute one on demand. */
export function When({ at, none = "–" }: { at: string | null; none?: string }) {
  if (at === null) return <>{none}</>;
  return <time dateTime={at} title={absolute(at)}>{relative(at, now.value)}</time>;
}

export function Copy({ text, children }: { text: string | (() => string); children: ComponentChildren }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copyText(typeof text === "string" ? text : text());
    setDone(true);
    announce("Copied");
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>{done ? "Copied ✓" : children}</button>
  );
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // without the right to the clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** A command with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code>$ {plain(text)}</code>
      <Copy text={text}>copy</Copy>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, in the server's words, and what to do. */
export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <div class="trouble" role="alert">
      <p class="empty-title">✕ {plain(problem?.message ?? String(error))}</p>
      {problem !== null && problem.hint !== "" && <p>{plain(problem.hint)}</p>}
      {again && <button type="button" class="button" onClick={again}>Try again</button>}
    </div>
  );
}

export function Skeleton() {
  return (
    <div class="skeleton" aria-label="loading" role="status">
      <i />
      <i />
      <i />
    </div>
  );
}

/** Facts as a list of words and values. */
export function Facts({ of }: { of: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="facts">
      {Object.entries(of).filter(([, value]) => value !== null && value !== undefined && value !== "").map((
        [word, value],
      ) => (
        <div key={word}>
          <dt>{word}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
