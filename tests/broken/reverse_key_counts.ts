/** BROKEN ON PURPOSE: a key counts in the reverse direction of a stream too, where its sender chose the id. Stands for policy/decide.ts. */
import { decide as sound, type Question, type Verdict } from "../../policy/decide.ts";

export * from "../../policy/decide.ts";

export const decide = (question: Question): Verdict => sound({ ...question, key: true });
