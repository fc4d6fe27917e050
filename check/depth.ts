/** How far a check goes: the groups of its stages, in the order in which a federation comes about. console.md 3.5. */
import type { StageId } from "./stage.ts";

export const DEPTHS = ["dns", "tcp", "tls", "proof", "pair"] as const;

/** `dns`: nothing is dialled. `proof`: nothing is asked of the peer; what it proves to be is all. */
export type Depth = typeof DEPTHS[number];

/** The clock is judged by whatever was seen, our own policy only where the pair is asked for. */
export type Group = Depth | "policy" | "clock";

const ELSEWHERE: Readonly<Record<string, Group>> = { stream: "tcp", dialback: "pair" };

export function groupOf(id: StageId): Group {
  const [first] = id.split(".");
  return ELSEWHERE[first!] ?? first as Group;
}

/** Whether a check that goes so far comes to this group. */
export function isWithin(group: Group, depth: Depth): boolean {
  if (group === "clock") return true;
  return group === "policy" ? depth === "pair" : DEPTHS.indexOf(group) <= DEPTHS.indexOf(depth);
}
