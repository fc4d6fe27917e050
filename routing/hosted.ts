/** The names on our side: machines, domains hosted here, domains that were. protocol.md R-2, F4, A-29, A-35. */
import type { NameStanding } from "../policy/header.ts";
import type { Domain } from "../xmpp/domain.ts";

/** Who answers for a hosted domain. `away`: its component is not connected. `none`: the server itself. */
export type Answerer = "attached" | "away" | "none";

interface Hosting {
  readonly since: number;
  readonly component: boolean;
  readonly attached: boolean;
  suspended: boolean;
}

/** A hosted domain as it is shown. */
export interface Listed {
  readonly domain: Domain;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly answerer: Answerer;
  readonly suspended: boolean;
}

/** F4: how long a removed domain costs the peer no stream. */
const REMOVED_MS = 24 * 3_600_000;

export class HostedDomains {
  readonly #serverNames: ReadonlySet<Domain>;
  readonly #gone: ReadonlySet<Domain>;
  readonly #hosted = new Map<Domain, Hosting>();
  /** How many have which answerer: kept as they change, for there may be thousands. */
  readonly answerers: Record<Answerer, number> = { attached: 0, away: 0, none: 0 };
  readonly #away = new Set<Domain>();
  /** When each was removed at run time, oldest first. Milliseconds since the epoch. */
  readonly #removed = new Map<Domain, number>();

  /** @param gone Domains hosted here before, from the configuration. */
  constructor(serverNames: Iterable<Domain>, gone: Iterable<Domain>) {
    this.#serverNames = new Set(serverNames);
    this.#gone = new Set(gone);
  }

  /** @param component Whether one may attach for the domain (XEP-0114). Hosting it again keeps who is attached. */
  add(domain: Domain, component: boolean, now: number): void {
    const before = this.#hosted.get(domain);
    this.#removed.delete(domain);
    this.#put(domain, {
      since: before?.since ?? now,
      component,
      attached: component && (before?.attached ?? false),
      suspended: before?.suspended ?? false,
    });
  }

  /** False when it was not hosted. */
  remove(domain: Domain, now: number): boolean {
    if (!this.#hosted.has(domain)) return false;
    this.#put(domain, null);
    for (const [old, at] of this.#removed) if (now - at >= REMOVED_MS) this.#removed.delete(old);
    this.#removed.set(domain, now);
    return true;
  }

  /** Its component came or went. */
  setAttached(domain: Domain, attached: boolean): void {
    const hosting = this.#hosted.get(domain);
    if (hosting !== undefined) this.#put(domain, { ...hosting, attached: attached && hosting.component });
  }

  #put(domain: Domain, hosting: Hosting | null): void {
    const before = this.answerer(domain);
    if (hosting === null) this.#hosted.delete(domain);
    else this.#hosted.set(domain, hosting);
    const after = this.answerer(domain);
    if (before !== null) this.answerers[before]--;
    if (after !== null) this.answerers[after]++;
    if (after === "away") this.#away.add(domain);
    else this.#away.delete(domain);
  }

  /** A suspended domain stays hosted and federates with nobody. */
  setSuspended(domain: Domain, suspended: boolean): void {
    const hosting = this.#hosted.get(domain);
    if (hosting !== undefined) hosting.suspended = suspended;
  }

  isHosted(domain: Domain): boolean {
    return this.#hosted.has(domain);
  }

  isServerName(domain: Domain): boolean {
    return this.#serverNames.has(domain);
  }

  isSuspended(domain: Domain): boolean {
    return this.#hosted.get(domain)?.suspended ?? false;
  }

  /** When it was removed, of the last 24 h; null when it was not, or nobody knows any more. */
  removedAt(domain: Domain): number | null {
    return this.#removed.get(domain) ?? null;
  }

  /** Removed at run time within the last 24 h: its stragglers cost nobody the stream (F4). */
  wasRemoved(domain: Domain, now: number): boolean {
    const at = this.#removed.get(domain);
    return at !== undefined && now - at < REMOVED_MS;
  }

  /** A name that is both machine and domain is hosted. */
  standing(name: Domain, now: number): NameStanding {
    if (this.#hosted.has(name)) return "hosted";
    if (this.#serverNames.has(name)) return "server-name";
    return this.#gone.has(name) || this.wasRemoved(name, now) ? "gone" : "unknown";
  }

  /** Null when the domain is not hosted. */
  answerer(domain: Domain): Answerer | null {
    const hosting = this.#hosted.get(domain);
    if (hosting === undefined) return null;
    if (!hosting.component) return "none";
    return hosting.attached ? "attached" : "away";
  }

  get size(): number {
    return this.#hosted.size;
  }

  /** For the API, in the order of addition. */
  *list(): Iterable<Listed> {
    for (const domain of this.#hosted.keys()) yield this.find(domain)!;
  }

  /** Those whose component is away. */
  *away(): Iterable<Listed> {
    for (const domain of this.#away) yield this.find(domain)!;
  }

  /** One of them; null when it is not hosted. */
  find(domain: Domain): Listed | null {
    const hosting = this.#hosted.get(domain);
    if (hosting === undefined) return null;
    return { domain, since: hosting.since, answerer: this.answerer(domain)!, suspended: hosting.suspended };
  }
}
