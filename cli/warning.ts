/** What is allowed, and weak or easily forgotten, in one line. */
import { printable } from "../observe/printable.ts";
import type { Warning } from "../policy/warnings.ts";
import { styled } from "./terminal.ts";

export const printWarning = ({ key, text }: Warning): string =>
  `${styled("yellow", "warning")}: ${printable(`${key} ${text}`)}`;
