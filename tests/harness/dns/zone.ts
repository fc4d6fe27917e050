/** One zone of the test world: its records, and what is wrong with it. */
import { canonical, isBelow, labels, type RRset, type Type } from "./records.ts";
import { newSigningKey, type SigningKey } from "./sign.ts";

export interface ZoneOptions {
  /** A DS in the parent leads here and every answer is signed. */
  readonly signed?: boolean;
  readonly denial?: "nsec" | "nsec3";
  /** TTL of records that do not name one, in seconds. */
  readonly ttl?: number;
}

/** What is done to the signature of one RRset before it is served. */
export type Damage = "corrupt" | "strip" | "expired" | "future";

export class Zone {
  readonly key: SigningKey = newSigningKey();
  readonly denial: "nsec" | "nsec3";
  readonly ttl: number;
  /** Whether the parent publishes a DS: switch off to withdraw the delegation's security. */
  secureDelegation: boolean;
  signed: boolean;
  /** Lifetime of the signatures made from now on, in seconds. */
  signatureLifetimeS = 86_400;
  readonly #sets = new Map<string, RRset>();
  readonly #damage = new Map<string, Damage>();

  constructor(readonly name: string, options: ZoneOptions = {}) {
    this.signed = options.signed ?? true;
    this.secureDelegation = this.signed;
    this.denial = options.denial ?? "nsec";
    this.ttl = options.ttl ?? 60;
    this.set(name, "SOA", [{
      mname: `ns.${name}`,
      rname: `hostmaster.${name}`,
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
      minimum: 1,
    }]);
    this.set(name, "NS", [name === "" ? "ns.root" : `ns.${name}`]);
  }

  /** Replaces the records of `owner` and `type`; takes effect with the next question. */
  set(owner: string, type: Type, data: readonly unknown[], ttl: number = this.ttl): this {
    const name = canonical(owner);
    if (!isBelow(name, this.name)) throw new RangeError(`${owner} is not in zone ${this.name}`);
    this.#sets.set(`${name} ${type}`, { owner: name, type, ttl, data });
    return this;
  }

  remove(owner: string, type: Type): this {
    this.#sets.delete(`${canonical(owner)} ${type}`);
    return this;
  }

  damage(owner: string, type: Type, how: Damage): this {
    this.#damage.set(`${canonical(owner)} ${type}`, how);
    return this;
  }

  repair(owner: string, type: Type): this {
    this.#damage.delete(`${canonical(owner)} ${type}`);
    return this;
  }

  damageOf(owner: string, type: Type): Damage | undefined {
    return this.#damage.get(`${owner} ${type}`);
  }

  get(owner: string, type: Type): RRset | undefined {
    return this.#sets.get(`${owner} ${type}`);
  }

  typesAt(owner: string): Type[] {
    return [...this.#sets.values()].filter((set) => set.owner === owner).map((set) => set.type);
  }

  owners(): string[] {
    return [...new Set([...this.#sets.values()].map((set) => set.owner))];
  }

  /** Whether `name` or anything below it has records (an empty non-terminal exists too). */
  exists(name: string): boolean {
    return this.owners().some((owner) => isBelow(owner, name));
  }

  /** The longest existing name above `name`. */
  closestEncloser(name: string): string {
    const parts = labels(name);
    for (let cut = 1; cut < parts.length; cut++) {
      const above = parts.slice(cut).join(".");
      if (above === this.name || this.exists(above)) return above;
    }
    return this.name;
  }
}
