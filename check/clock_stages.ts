/**
 * Whether this machine's clock agrees with what others have dated and signed. No peer tells its time before it lets us in, and one
 * that did could be wrong itself: what counts is that verified signatures have begun and have not ended. console.md 3.5 `clock.skew`.
 */
import type { Stage } from "../observe/contract.ts";
import { stage, type View } from "./stage.ts";

/** Something that is good from one time to another. */
interface Dated {
  readonly what: string;
  readonly begins: number;
  readonly ends: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** What ended longer ago was let go by its owner, not by a clock. */
const JUST_MS = 3_600_000;

export function clockStages(view: View): Stage[] {
  if (view.outcome === null) return [];
  const dated = [...signatures(view), ...certificate(view)];
  if (dated.length === 0) return [stage("clock.skew", "skip", "nothing that is dated was seen")];
  const early = dated.filter(({ begins }) => begins > view.now);
  if (early.length > 0) {
    const seconds = Math.max(...early.map(({ begins }) => Math.ceil((begins - view.now) / 1000)));
    return [warn(early, { behindSeconds: seconds }, "behind")];
  }
  const late = dated.filter(({ ends }) => ends <= view.now && view.now - ends < JUST_MS);
  if (late.length > 0) {
    const seconds = Math.max(...late.map(({ ends }) => Math.ceil((view.now - ends) / 1000)));
    return [warn(late, { aheadSeconds: seconds }, "ahead")];
  }
  const good = dated.filter(({ ends }) => ends > view.now);
  if (good.length === 0) return [stage("clock.skew", "skip", "what is dated has ended long ago")];
  return [stage("clock.skew", "ok", {
    dated: good.length,
    after: iso(Math.max(...good.map(({ begins }) => begins))),
    before: iso(Math.min(...good.map(({ ends }) => ends))),
  })];
}

function warn(dated: readonly Dated[], off: { [key: string]: number }, way: "behind" | "ahead"): Stage {
  const hint = way === "behind"
    ? "compare this machine's clock with a time server (chronyc tracking, timedatectl): it is behind, or theirs was ahead"
    : "compare this machine's clock with a time server (chronyc tracking, timedatectl): it is ahead, or they were late to renew";
  return stage("clock.skew", "warn", { ...off, what: dated.map(({ what }) => what) }, { hint });
}

/** Of the SRV answers: zone by zone, and the records themselves. */
function signatures(view: View): Dated[] {
  const told = view.events.findLast(({ type, detail }) =>
    type === "delegation.resolved" && detail?.domain === view.remote
  );
  const lookups = (told?.detail?.lookups ?? []) as unknown as readonly Fields[];
  const links = lookups.flatMap(({ chain, steps }) => [...chain as Fields[], ...steps as Fields[]]);
  const all = [...links, ...(view.trust ?? []) as readonly Fields[]].flatMap((link) => {
    const what = `${link.zone}${link.role === undefined ? "" : ` ${link.role}`}`;
    return between(what, link.beginsAt, link.expiresAt);
  });
  return [...new Map(all.map((one) => [one.what, one])).values()];
}

function certificate(view: View): Dated[] {
  const secured = view.of("connection.secured")?.detail;
  return secured === undefined ? [] : between("certificate", secured.notBefore, secured.notAfter);
}

function between(what: string, begins: unknown, ends: unknown): Dated[] {
  if (typeof begins !== "string" || typeof ends !== "string") return [];
  return [{ what, begins: Date.parse(begins), ends: Date.parse(ends) }];
}

const iso = (ms: number): string => new Date(ms).toISOString();
