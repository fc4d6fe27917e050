/** One route's way down the fallback ladder: a step is one connection. protocol.md 2.7, 2.10, A-31. */
import type { Delegation, Target } from "../facts/delegation.ts";
import { accepts } from "../policy/admission.ts";
import { takesCleartext } from "../policy/cleartext.ts";
import {
  afterDenial,
  afterFailure,
  afterReferral,
  afterUnreached,
  type Entry,
  type Failure,
  type Ground,
  type Ladder,
  ladder,
  nextEntries,
} from "../policy/ladder.ts";
import { securityOf } from "../policy/delegation.ts";
import { type Referral, speaksFor } from "../policy/redirect.ts";
import { AddressFault, type DomainPair, parseDomain, toAscii } from "../xmpp/domain.ts";
import { NOT_PROVEN } from "../xmpp/verdict_error.ts";
import type { ServerContext } from "./context.ts";
import type { Contact } from "./course.ts";
import { type LinkOutcome, machineOf } from "./links.ts";
import { OutboundShell } from "./outbound_stream.ts";
import type { S2sShell } from "./s2s_stream.ts";

/** How a pair was denied. */
export interface Denied {
  readonly condition: string | null;
  readonly kind: "invalid" | "error" | "timeout" | "lost";
}

const UNREMARKABLE = {
  ...{ condition: null, unproven: false, takenAsClassic: false, claimed: false },
  ...{ offersTls: true, referral: null },
} as const;

export class Descent {
  readonly #server: ServerContext;
  readonly #pair: DomainPair;
  readonly #delegation: Delegation;
  #ladder: Ladder;
  /** The stream that this attempt opened last. */
  #own: OutboundShell | null = null;
  /** Machines whose first rung failed in this attempt. */
  readonly #fallen = new Set<string>();

  /** @param targets In the order to try. */
  constructor(server: ServerContext, pair: DomainPair, delegation: Delegation, targets: readonly Target[]) {
    this.#server = server;
    this.#pair = pair;
    this.#delegation = delegation;
    this.#ladder = ladder(targets, this.#ground, (target) => this.#isClassicOnly(target));
  }

  /** There is another step. */
  get more(): boolean {
    return nextEntries(this.#ladder).length > 0;
  }

  /** STR-35: the next step leads where this one sends us, if it may. */
  follow(referral: Referral | null): boolean {
    const entry = referral === null ? null : this.#entryOf(referral.target);
    if (referral === null || entry === null || !speaksFor(referral, this.#pair.remote)) return false;
    this.#ladder = afterReferral(this.#ladder, entry, referral);
    return true;
  }

  /** @param wanted Whether stanzas still wait for it. */
  async obtain(wanted: () => boolean): Promise<LinkOutcome> {
    const { local, remote } = this.#pair;
    const entries = nextEntries(this.#ladder);
    const outcome = await this.#server.links.obtain({
      local,
      domain: remote,
      delegation: this.#delegation,
      entries,
      wanted,
    });
    if (outcome.ready) this.#reached(outcome.shell);
    else this.#failed(outcome);
    return outcome;
  }

  /** The connection was established and does not prove the domain: it was another pair's attempt. */
  unfit(shell: OutboundShell): void {
    const own = this.#entryOf(shell.reached!.entry.target);
    if (own === null) return void (this.#ladder = afterUnreached(this.#ladder));
    const takenAsClassic = this.#ground.takesDialback;
    this.#fell(own, shell.reached!, { cause: "tls.names", unproven: true, takenAsClassic });
  }

  /** Whether a fresh connection may help a pair that was denied on this one (2.7, 2.10). */
  denied(shell: S2sShell | null, { condition, kind }: Denied): boolean {
    const fresh = this.#own !== null && shell === this.#own;
    if (kind === "lost" && shell instanceof OutboundShell && this.follow(shell.referral)) return true;
    if (kind === "lost" && fresh) return this.#lostAfterClaim(this.#own!);
    if (condition === null || !NOT_PROVEN.includes(condition)) return this.more;
    if (shell?.row.mode === "classic") return !fresh && this.more;
    const entry = shell instanceof OutboundShell && shell.reached !== null
      ? this.#entryOf(shell.reached.entry.target)
      : nextEntries(this.#ladder)[0] ?? null;
    const classic = entry === null ? null : afterDenial(this.#ladder, entry, this.#ground);
    if (classic !== null) this.#ladder = classic;
    return classic !== null;
  }

  /** Rung 3: it refused our claim and then the stream: a new one asks with a key alone. */
  #lostAfterClaim(shell: OutboundShell): boolean {
    const { reached } = shell;
    const entry = reached === null ? null : this.#entryOf(reached.entry.target);
    if (shell.claim.state !== "refused" || entry === null) return false;
    const condition = shell.peerError?.condition ?? null;
    this.#fell(entry, reached!, { cause: "sasl.refused", condition, claimed: true });
    return this.more;
  }

  /** A connection that was established is of no use all the same. */
  #fell(entry: Entry, { address, found }: Contact, how: Partial<Failure> & Pick<Failure, "cause">): void {
    const failure = { ...UNREMARKABLE, entry, address, addresses: found.addresses.length, ...how };
    this.#ladder = afterFailure(this.#ladder, failure, this.#ground);
  }

  /** As it is now: a reload may have changed it since the last step. */
  get #ground(): Ground {
    const { config, identities } = this.#server;
    const policy = this.#server.policyFor(this.#pair);
    const { service, security } = this.#delegation;
    const own = toAscii(config.server.names[0]! as DomainPair["local"]);
    return {
      secure: service === "offered" && security === "secure",
      serverNames: config.policy.serverNames && identities.carriesMachine(own),
      ownCertificate: identities.carries(toAscii(this.#pair.local)),
      takesDialback: accepts(policy, "dialback"),
      takesCleartext: takesCleartext(policy),
    };
  }

  /** Also what cannot stand in a stream header, and what no signature names. */
  #isClassicOnly(target: Target): boolean {
    const { classicOnly, host } = this.#server;
    const named = isDomain(target.host) && securityOf(this.#delegation, target) === "secure";
    return !named || classicOnly.has(machineOf(target), host.clock.now());
  }

  #reached(shell: OutboundShell): void {
    this.#own = shell;
    const { entry } = shell.reached!;
    const machine = machineOf(entry.target);
    if (entry.redirect !== null) return; // what it is says nothing about the machine that DNS names
    if (entry.rung !== "server-name" && this.#fallen.has(machine) && !shell.row.peerDna) {
      this.#remember(machine);
    }
  }

  #failed({ failure }: LinkOutcome & { ready: false }): void {
    this.#own = null;
    if (failure === null) return void (this.#ladder = afterUnreached(this.#ladder));
    const { target, rung } = failure.entry;
    const own = this.#entryOf(target);
    // Another pair's attempt that we joined went to a machine that is none of ours.
    if (own === null) return void (this.#ladder = afterUnreached(this.#ladder));
    const referral = failure.referral !== null && speaksFor(failure.referral, this.#pair.remote)
      ? failure.referral
      : null;
    const failed = { ...failure, entry: { ...own, rung }, referral };
    this.#ladder = afterFailure(this.#ladder, failed, this.#ground);
    if (own.redirect !== null) return;
    if (rung !== "server-name" || this.#entryOf(target)?.rung === "server-name") return;
    this.#fallen.add(machineOf(target));
    if (failure.condition === "host-unknown") this.#remember(machineOf(target));
  }

  #entryOf(target: Target): Entry | null {
    return this.#ladder.entries.find((entry) => machineOf(entry.target) === machineOf(target)) ?? null;
  }

  /** 2.10: one extra connection per machine and day, spread. */
  #remember(machine: string): void {
    const { classicOnly, config, host } = this.#server;
    const ms = config.limits.classicOnlyMs * (0.9 + 0.2 * host.random());
    classicOnly.add(machine, host.clock.now() + ms);
  }
}

function isDomain(host: string): boolean {
  try {
    parseDomain(host);
    return true;
  } catch (error) {
    if (error instanceof AddressFault) return false;
    throw error;
  }
}
