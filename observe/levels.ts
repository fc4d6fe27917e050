/** Which lines are logged, of everything and of areas by themselves; another way for a while. console.md 4.3. */
import { EVENTS } from "../facts/event.ts";

export const LEVELS = ["debug", "info", "warning"] as const;
export type Level = (typeof LEVELS)[number];

/** The first words of events. */
export const AREAS: readonly string[] = [...new Set(Object.keys(EVENTS).map((type) => type.split(".")[0]!))];

/** The lowest that is logged. */
export interface Levels {
  readonly lowest: Level;
  readonly areas: Readonly<Record<string, Level>>;
}

export const USUAL: Levels = { lowest: "info", areas: {} };

/** What is wrong with a word, and what there is. */
export interface WrongLevels {
  readonly wrong: string;
  readonly oneOf: readonly string[];
}

/** Reads `warning,route=debug`. @param base What holds for whatever is not named. */
export function parseLevels(text: string, base: Levels = USUAL): Levels | WrongLevels {
  let { lowest } = base;
  const areas: Record<string, Level> = { ...base.areas };
  for (const part of text.split(",")) {
    const [area, level] = part.includes("=") ? part.split("=", 2) as [string, string] : [null, part];
    if (!isLevel(level)) return { wrong: `"${level}" is not a level`, oneOf: LEVELS };
    if (area === null) lowest = level;
    else if (AREAS.includes(area)) areas[area] = level;
    else return { wrong: `"${area}" is no area of the log`, oneOf: AREAS };
  }
  return { lowest, areas };
}

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);

/** As {@link parseLevels} reads it. */
export function printLevels({ lowest, areas }: Levels): string {
  return [lowest, ...Object.entries(areas).map(([area, level]) => `${area}=${level}`)].join(",");
}

const RANK = { debug: 0, info: 1, warning: 2, error: 3 } as const;

export class LogLevels {
  readonly #usual: Levels;
  #levels: Levels;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param usual As the server was started. */
  constructor(usual: Levels) {
    this.#usual = this.#levels = usual;
  }

  get usual(): Levels {
    return this.#usual;
  }

  get now(): Levels {
    return this.#levels;
  }

  isLogged(area: string, level: keyof typeof RANK): boolean {
    const { lowest, areas } = this.#levels;
    return RANK[level] >= RANK[areas[area] ?? lowest];
  }

  /** Then it is as usual again, by itself. */
  set(levels: Levels, forMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#levels = levels;
    this.#timer = setTimeout(() => this.#levels = this.#usual, forMs);
    Deno.unrefTimer(this.#timer);
  }
}
