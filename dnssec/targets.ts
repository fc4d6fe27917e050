/** SRV records to targets, and targets in the order to dial. RFC 2782; RFC 6120 3.2.1; protocol.md 5.1, 5.2. */
import type { Delegation, Target } from "../facts/delegation.ts";
import type { RecordData } from "../facts/dns.ts";
import { toAscii } from "../xmpp/domain.ts";

type Srv = Extract<RecordData, { t: "SRV" }>;

/** protocol.md 5.2: more are not considered. */
const MAX_TARGETS = 16;

/** What can be dialled: letters, digits, hyphens; underscores occur and harm nobody. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** The domain says that it does not offer the service: a single record with the target "." (RFC 2782). */
export function isRefusal(records: readonly RecordData[]): boolean {
  const [only, ...others] = records.filter(isSrv);
  return only !== undefined && others.length === 0 && only.target === ".";
}

/** The usable targets of one answer: a port and a host name (protocol.md 5.2, rules). */
export function targetsOf(records: readonly RecordData[], tls: Target["tls"]): Target[] {
  return records.filter(isSrv)
    .filter(({ port, target }) => port !== 0 && HOST_NAME.test(target))
    .map(({ port, priority, weight, target: host }) => ({ host, port, priority, weight, tls }));
}

/** One list of both kinds, lowest priority first, bounded (XEP-0368 5: they are mixed). */
export function mergeTargets(...lists: readonly (readonly Target[])[]): Target[] {
  return lists.flat().sort((a, b) => a.priority - b.priority).slice(0, MAX_TARGETS);
}

/** The machines of a domain; one without SRV is its own machine, on `port` (protocol.md 5.4). */
export function machinesOf({ service, domain, targets }: Delegation, port: number): readonly Target[] {
  if (service !== "absent") return targets;
  return [{ host: toAscii(domain), port, priority: 0, weight: 0, tls: "starttls" }];
}

/**
 * Orders targets for dialling: by priority, within one by weighted chance (RFC 2782 "Weight").
 *
 * @param random In [0, 1), so that tests choose.
 */
export function orderTargets(targets: readonly Target[], random: () => number): Target[] {
  const priorities = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b);
  return priorities.flatMap((wanted) =>
    shuffle(targets.filter(({ priority }) => priority === wanted), random)
  );
}

function shuffle(targets: readonly Target[], random: () => number): Target[] {
  const left = [...targets].sort((a, b) => Number(a.weight !== 0) - Number(b.weight !== 0));
  const order: Target[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    order.push(...left.splice(draw(left, Math.floor(random() * (total + 1))), 1));
  }
  return order;
}

/** The first whose running sum reaches `drawn`. */
function draw(targets: readonly Target[], drawn: number): number {
  let sum = 0;
  return targets.findIndex(({ weight }) => (sum += weight) >= drawn);
}

function isSrv(record: RecordData): record is Srv {
  return record.t === "SRV";
}
