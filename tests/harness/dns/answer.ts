/** Answers as a recursive resolver with CD=1 gives them: from the deepest zone, aliases followed. */
import { asRecords, canonical, isBelow, parentOf, type Record, type RRset, type Type } from "./records.ts";
import { type Chain, denial, noExactMatch } from "./denial.ts";
import { delegationSigner, dnskey, signed } from "./sign.ts";
import type { Zone } from "./zone.ts";

export interface Answer {
  rcode: "NOERROR" | "NXDOMAIN" | "SERVFAIL" | "REFUSED";
  answers: Record[];
  authorities: Record[];
}

/** Longer than any resolver follows. */
const MAX_ALIASES = 30;

export class Zones {
  readonly #zones = new Map<string, Zone>();

  add(zone: Zone): Zone {
    this.#zones.set(zone.name, zone);
    return zone;
  }

  get(name: string): Zone {
    const zone = this.#zones.get(name);
    if (zone === undefined) throw new RangeError(`The world has no zone "${name}"`);
    return zone;
  }

  answer(question: string, type: Type): Answer {
    const answer: Answer = { rcode: "NOERROR", answers: [], authorities: [] };
    const seen = new Set<string>();
    let name = canonical(question);
    while (!seen.has(name) && seen.size <= MAX_ALIASES) {
      seen.add(name);
      const alias = this.#step(name, type, answer);
      if (alias === undefined) return answer;
      name = canonical(alias);
    }
    return answer; // a loop, or too long: what was gathered, as BIND does; unbound would say SERVFAIL
  }

  /** Adds what the zone of `name` says; an alias is returned to be followed. */
  #step(name: string, type: Type, answer: Answer): string | undefined {
    const zone = this.#zoneFor(name, type);
    const chain = this.#chain(zone);
    const exact = this.#lookup(zone, name, type);
    if (exact !== undefined) return this.#found(answer, exact, type, signed(zone, exact));
    const redirected = this.#redirected(zone, name, answer);
    if (redirected !== undefined) return redirected;
    if (!chain.owners.some((owner) => isBelow(owner, name))) {
      const star = `*.${zone.closestEncloser(name)}`;
      const wild = this.#lookup(zone, star, type);
      if (wild !== undefined) {
        answer.authorities.push(...noExactMatch(chain, name));
        return this.#found(answer, wild, type, signed(zone, { ...wild, owner: name }, star));
      }
      answer.rcode = "NXDOMAIN";
    }
    answer.authorities.push(...signed(zone, { ...zone.get(zone.name, "SOA")!, ttl: 1 }));
    answer.authorities.push(...denial(chain, name, answer.rcode === "NXDOMAIN"));
    return undefined;
  }

  /** RFC 6672 2.2, 3.1: a DNAME above the name, and the CNAME that follows from it, which nobody signs. */
  #redirected(zone: Zone, name: string, answer: Answer): string | undefined {
    for (let above = parentOf(name); isBelow(above, zone.name) && above !== ""; above = parentOf(above)) {
      const set = zone.get(above, "DNAME");
      if (set === undefined) continue;
      const target = name.slice(0, -above.length) + canonical(set.data[0] as string);
      const alias: RRset = { owner: name, type: "CNAME", ttl: set.ttl, data: [target] };
      answer.answers.push(...signed(zone, set), ...asRecords(alias));
      return target;
    }
    return undefined;
  }

  #found(answer: Answer, set: RRset, asked: Type, records: Record[]): string | undefined {
    answer.answers.push(...records);
    return set.type === "CNAME" && asked !== "CNAME" ? set.data[0] as string : undefined;
  }

  #lookup(zone: Zone, name: string, type: Type): RRset | undefined {
    if (type === "DNSKEY" && name === zone.name && zone.signed) {
      return { owner: name, type, ttl: zone.ttl, data: [dnskey(zone.key)] };
    }
    const child = this.#zones.get(name);
    if (type === "DS" && child !== undefined && child !== zone) {
      if (!child.secureDelegation) return undefined;
      return { owner: name, type, ttl: zone.ttl, data: [delegationSigner(child)] };
    }
    return zone.get(name, type) ?? zone.get(name, "CNAME");
  }

  /** A DS belongs to the parent's side of a cut; everything else to the deepest zone. */
  #zoneFor(name: string, type: Type): Zone {
    const start = type === "DS" && name !== "" && this.#zones.has(name) ? parentOf(name) : name;
    for (let at = start; at !== ""; at = parentOf(at)) {
      const zone = this.#zones.get(at);
      if (zone !== undefined) return zone;
    }
    return this.get("");
  }

  /** The zone's names as its denials see them: own records and the cuts below. */
  #chain(zone: Zone): Chain {
    const cuts = [...this.#zones.values()].filter((child) =>
      child !== zone && this.#zoneFor(child.name, "DS") === zone
    );
    const typesAt = (owner: string): Type[] => {
      const cut = cuts.find((child) => child.name === owner);
      if (cut !== undefined) return cut.secureDelegation ? ["NS", "DS"] : ["NS"];
      const own = zone.typesAt(owner);
      return owner === zone.name && zone.signed ? [...own, "DNSKEY"] : own;
    };
    return { zone, owners: [...zone.owners(), ...cuts.map((child) => child.name)], typesAt };
  }
}
