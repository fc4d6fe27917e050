/** What an operator set at run time: kept in `data_dir`, laid over verona.toml. docs/decisions/0180. */
import type { DatabaseSync } from "node:sqlite";
import type { Domain } from "../xmpp/domain.ts";
import type { Config, HostedDomain, PeerPolicy, ProofPolicy, TenantPolicy } from "./config.ts";
import { Blocks, BLOCKS_TABLE } from "./blocks.ts";
import { openDatabase, peekDatabase, stored } from "./database.ts";

const SCHEMA = [
  `CREATE TABLE domain (name TEXT PRIMARY KEY, secret TEXT, policy TEXT NOT NULL) STRICT;
  CREATE TABLE removed (name TEXT PRIMARY KEY) STRICT;
  CREATE TABLE suspended (name TEXT PRIMARY KEY) STRICT;
  CREATE TABLE peer (name TEXT PRIMARY KEY, proof TEXT NOT NULL) STRICT`,
  "ALTER TABLE peer ADD COLUMN since INTEGER",
  BLOCKS_TABLE,
];

const INHERITS: PeerPolicy = { proof: null, allowInsecureDelegation: null, daneInbound: null };

export class RunTime {
  readonly #database: DatabaseSync;
  readonly #domains = new Map<Domain, HostedDomain>();
  readonly #removed = new Set<Domain>();
  readonly #suspended = new Set<Domain>();
  readonly #peers = new Map<Domain, ProofPolicy>();
  readonly #peersSince = new Map<Domain, number>();
  /** Pairs; of no file's concern. */
  readonly blocks: Blocks;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.blocks = new Blocks(database);
    const rows = (table: string) => database.prepare(`SELECT * FROM ${table}`).all() as unknown as Row[];
    for (const { name, secret, policy } of rows("domain")) {
      const own = JSON.parse(policy!) as TenantPolicy;
      this.#domains.set(name, { name, componentSecret: secret ?? null, policy: own, origin: "run time" });
    }
    for (const { name } of rows("removed")) this.#removed.add(name);
    for (const { name } of rows("suspended")) this.#suspended.add(name);
    for (const { name, proof, since } of rows("peer")) {
      this.#peers.set(name, proof!);
      if (typeof since === "number") this.#peersSince.set(name, since);
    }
  }

  /** @throws {Error} one sentence, when the file cannot be used. */
  static open(dataDir: string): RunTime {
    return new RunTime(openDatabase(`${dataDir}/run-time.db`, SCHEMA));
  }

  /** To look at it beside a running server; null when nothing was ever set. @throws {Error} one sentence. */
  static peek(dataDir: string): RunTime | null {
    const database = peekDatabase(`${dataDir}/run-time.db`, SCHEMA.length);
    return database === null ? null : new RunTime(database);
  }

  /** Hosted by an operator's word, over whatever the file says of the same name. */
  get added(): ReadonlyMap<Domain, HostedDomain> {
    return this.#domains;
  }

  /** Of the file, and hosted no longer. */
  get removed(): ReadonlySet<Domain> {
    return this.#removed;
  }

  get suspended(): ReadonlySet<Domain> {
    return this.#suspended;
  }

  /** What peers must prove, by name. */
  get policies(): ReadonlyMap<Domain, ProofPolicy> {
    return this.#peers;
  }

  /** When that was set, in milliseconds since the epoch; null where an earlier version set it, which did not say. */
  policySince(remote: Domain): number | null {
    return this.#peersSince.get(remote) ?? null;
  }

  /** The file's configuration with this over it: what was set at run time wins, until it is taken back. */
  over(file: Config): Config {
    const ofFile = file.domains.filter(({ name }) => !this.#domains.has(name) && !this.#removed.has(name));
    const domains = [...ofFile, ...this.#domains.values()]
      .map((one) => this.#suspended.has(one.name) ? { ...one, suspended: true } : one);
    const peer = new Map(file.policy.peer);
    for (const [name, proof] of this.#peers) peer.set(name, { ...peer.get(name) ?? INHERITS, proof });
    return { ...file, domains, policy: { ...file.policy, peer } };
  }

  addDomain({ name, componentSecret, policy }: HostedDomain): void {
    this.#write(() => {
      this.#run("DELETE FROM removed WHERE name = ?", name);
      this.#run("REPLACE INTO domain VALUES (?, ?, ?)", name, componentSecret, JSON.stringify(policy));
    });
    this.#removed.delete(name);
    this.#domains.set(name, { name, componentSecret, policy, origin: "run time" });
  }

  /** @param inFile The file names it: that it is removed has to be remembered. */
  removeDomain(name: Domain, inFile: boolean): void {
    this.#write(() => {
      this.#run("DELETE FROM domain WHERE name = ?", name);
      this.#run("DELETE FROM suspended WHERE name = ?", name);
      if (inFile) this.#run("REPLACE INTO removed VALUES (?)", name);
    });
    this.#domains.delete(name);
    this.#suspended.delete(name);
    if (inFile) this.#removed.add(name);
  }

  /** What the file says of the domain holds again. */
  restoreDomain(name: Domain): void {
    this.#write(() => {
      this.#run("DELETE FROM domain WHERE name = ?", name);
      this.#run("DELETE FROM removed WHERE name = ?", name);
    });
    this.#domains.delete(name);
    this.#removed.delete(name);
  }

  suspend(name: Domain): void {
    this.#write(() => this.#run("REPLACE INTO suspended VALUES (?)", name));
    this.#suspended.add(name);
  }

  resume(name: Domain): void {
    this.#write(() => this.#run("DELETE FROM suspended WHERE name = ?", name));
    this.#suspended.delete(name);
  }

  setPolicy(remote: Domain, proof: ProofPolicy, now: number): void {
    this.#write(() => this.#run("REPLACE INTO peer VALUES (?, ?, ?)", remote, proof, now));
    this.#peers.set(remote, proof);
    this.#peersSince.set(remote, now);
  }

  forgetPolicy(remote: Domain): void {
    this.#write(() => this.#run("DELETE FROM peer WHERE name = ?", remote));
    this.#peers.delete(remote);
    this.#peersSince.delete(remote);
  }

  close(): void {
    this.#database.close();
  }

  /** @throws {StoreFault} Then nothing is kept, and nothing may be in force. */
  #write(work: () => void): void {
    stored(this.#database, work);
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#database.prepare(sql).run(...values);
  }
}

interface Row {
  readonly name: Domain;
  readonly secret?: string | null;
  readonly policy?: string;
  readonly proof?: ProofPolicy;
  readonly since?: number | null;
}
