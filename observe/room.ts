/** How many may watch at one time. Who may only read keeps out nobody who may act: some places are the operators' alone. */
import type { Role } from "./contract.ts";

export const MOST_WATCHING = 32;
const OPERATORS_OWN = 8;

/** @param viewers How many of all are viewers. */
export function isRoom(role: Role, all: number, viewers: number): boolean {
  return all < MOST_WATCHING && (role === "operator" || viewers < MOST_WATCHING - OPERATORS_OWN);
}
