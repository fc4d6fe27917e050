/** What an attempt showed, as stages in the order in which a federation comes about. Pure. console.md 3.5. */
import type { Stage } from "../observe/contract.ts";
import { certificateStages } from "./certificate_stages.ts";
import { clockStages } from "./clock_stages.ts";
import { groupOf, isWithin } from "./depth.ts";
import { dnsStages } from "./dns_stages.ts";
import { pairStages } from "./pair_stages.ts";
import { reachStages } from "./reach_stages.ts";
import { type Seen, stage, type StageId, STAGES, type View } from "./stage.ts";

/** The stages about which nothing more will be said; all of them once the attempt is over, those beyond its depth as skipped. */
export function stagesOf(seen: Seen): Stage[] {
  const view = viewOf(seen);
  const made = [
    ...dnsStages(view),
    ...reachStages(view),
    ...certificateStages(view),
    ...pairStages(view),
    ...(seen.back === null ? [] : [seen.back]),
    ...clockStages(view),
  ].filter(({ id }) => isWithin(groupOf(id as StageId), seen.depth));
  if (seen.outcome === null) return made;
  const skipped = (Object.keys(STAGES) as StageId[])
    .filter((id) => id !== "policy" && !made.some((stage) => stage.id === id))
    .map((id) => stage(id, "skip", null));
  return inOrder([...made, ...skipped]);
}

/** Where a connection failed before it was anybody's, the one before it still says more: the last that came farthest. */
function viewOf(seen: Seen): View {
  const { events } = seen;
  const last =
    events.findLast(({ type }) => type === "connection.established" || type === "connection.secured") ??
      events.findLast(({ type }) => type === "connection.opened");
  return {
    ...seen,
    of: (...types) =>
      events.findLast(({ type, connection }) =>
        types.includes(type) && (connection === undefined || connection === last?.connection)
      ),
  };
}

const ORDER = Object.keys(STAGES);
const inOrder = (stages: Stage[]) => stages.sort((a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id));
