/** What has been typed so far: which command, which option waits for its value, which operand comes. Pure. */
import type { Argument, Command, Option } from "commander";
import { everyCommand, takesValue } from "../arguments.ts";

/** A line up to the cursor, read by the tables of commands. */
export interface Typed {
  readonly command: Command;
  /** What the last word, which is not finished, is the beginning of. */
  readonly place:
    /** A value: of an option, or of an operand. `before` are those of the same option or operand. */
    | { readonly kind: "value"; readonly of: Option | Argument; readonly before: readonly string[] }
    | { readonly kind: "option" }
    | { readonly kind: "command" }
    | { readonly kind: "nothing" };
  /** As far as it stands there; of `--format=js` only `js`. */
  readonly word: string;
  /** What stands before it in the same word: `--format=`. */
  readonly prefix: string;
  /** Values of options so far, by the long flag. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

/** @param words Behind the program's name; the last one is not finished, and may be empty. */
export function readTyped(program: Command, words: readonly string[]): Typed {
  const word = words.at(-1) ?? "";
  const reading = new Reading(program);
  for (const one of words.slice(0, -1)) reading.take(one);
  return reading.end(word);
}

class Reading {
  #command: Command;
  readonly #operands: string[] = [];
  readonly #given = new Map<string, string[]>();
  #option: Option | null = null;
  #operandsOnly = false;

  constructor(readonly program: Command) {
    this.#command = program;
  }

  take(word: string): void {
    if (this.#isValue(word)) {
      this.#given.get(this.#option!.long!)!.push(word);
      if (!this.#option!.variadic) this.#option = null;
      return;
    }
    this.#option = null;
    if (word === "--") this.#operandsOnly = true;
    else if (word.startsWith("-") && !this.#operandsOnly) this.#takeOption(word);
    else this.#takeOperand(word);
  }

  #isValue(word: string): boolean {
    return this.#option !== null &&
      (!word.startsWith("-") || this.#given.get(this.#option.long!)!.length === 0);
  }

  #takeOption(word: string): void {
    const [flag, value] = [
      word.split("=", 1)[0],
      word.includes("=") ? word.slice(word.indexOf("=") + 1) : null,
    ];
    const option = this.options().find(({ short, long }) => short === flag || long === flag);
    if (option === undefined) return;
    const values = this.#given.get(option.long!) ?? [];
    this.#given.set(option.long!, value === null ? values : [...values, value]);
    if (takesValue(option) && value === null) this.#option = option;
  }

  #takeOperand(word: string): void {
    const below = this.#operands.length === 0
      ? this.#command.commands.find((one) => one.name() === word)
      : undefined;
    if (below !== undefined) this.#command = below;
    else this.#operands.push(word);
  }

  /** Before the command is known, the options of all of them: they may stand there (console.md 3.1). */
  options(): readonly Option[] {
    const own = this.#command === this.program
      ? everyCommand(this.program).flatMap(({ options }) => options)
      : [...this.#command.options, ...this.program.options];
    return own.filter((option, i) => own.findIndex(({ long }) => long === option.long) === i);
  }

  end(word: string): Typed {
    const common = { command: this.#command, given: this.#given };
    if (this.#isValue(word)) {
      const before = this.#given.get(this.#option!.long!)!;
      return { ...common, place: { kind: "value", of: this.#option!, before }, word, prefix: "" };
    }
    const [, flag, rest] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const option = this.options().find(({ long }) => long === flag);
    if (option !== undefined && !this.#operandsOnly) {
      return { ...common, place: { kind: "value", of: option, before: [] }, word: rest!, prefix: `${flag}=` };
    }
    if (word.startsWith("-") && !this.#operandsOnly && !/^-[a-z]/.test(word)) {
      return { ...common, place: { kind: "option" }, word, prefix: "" };
    }
    return { ...common, place: this.#operandPlace(), word, prefix: "" };
  }

  #operandPlace(): Typed["place"] {
    if (this.#command.commands.length > 0) return { kind: "command" };
    const all = this.#command.registeredArguments;
    const argument = all[this.#operands.length] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
    return argument === undefined
      ? { kind: "nothing" }
      : { kind: "value", of: argument, before: this.#operands };
  }
}
