/** Where a redirect leads: whatever a peer says costs a bounded search among allowed addresses. STR-35; protocol.md 3.4, 4.8, 10. */
import { machinesOf, orderTargets } from "../dnssec/targets.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target, TargetAddresses } from "../facts/delegation.ts";
import type { Subject } from "../facts/event.ts";
import type { Entry } from "../policy/ladder.ts";
import type { Redirect } from "../policy/redirect.ts";
import { toAscii } from "../xmpp/domain.ts";
import { Budget } from "./budget.ts";
import type { ServerContext } from "./context.ts";
import type { Place, Way, Whereabouts } from "./course.ts";

export class Elsewhere implements Whereabouts {
  readonly #server: ServerContext;
  readonly #delegation: Delegation;
  /** Its target is whose names count. */
  readonly #entry: Entry;
  readonly #redirect: Redirect;
  readonly #about: Subject;
  /** What DNS is asked for it, TLSA included. */
  readonly #budget = new Budget();

  constructor(
    server: ServerContext,
    delegation: Delegation,
    entry: Entry,
    redirect: Redirect,
    about: Subject,
  ) {
    this.#about = about;
    this.#server = server;
    this.#delegation = delegation;
    this.#entry = entry;
    this.#redirect = redirect;
  }

  async ways(): Promise<readonly Way[] | Cause> {
    const machines = await this.#machines();
    return typeof machines === "string"
      ? machines
      : machines.map((machine) => ({ entry: this.#entry, machine }));
  }

  async look(machine: Target): Promise<Place> {
    const { evidence } = this.#server;
    const { target } = this.#entry;
    const [found, first] = await Promise.all([
      this.#addresses(machine),
      evidence.addresses(target.host, { about: this.#about }),
    ]);
    const [tlsa, own] = await Promise.all([
      evidence.endpointTlsa(this.#delegation, target, first, { about: this.#about }),
      evidence.endpointTlsa(this.#delegation, machine, found, this.#asking),
    ]);
    return { found, tlsa: [tlsa], own: [own] };
  }

  /** RFC 6120 3.2: a domain without a port has SRV records, or none and then the default port. */
  async #machines(): Promise<readonly Target[] | Cause> {
    const { to } = this.#redirect;
    if (to.kind === "address") return [this.#at(to.ip, to.port)];
    if (to.port !== null) return [this.#at(toAscii(to.domain), to.port)];
    const { evidence, config, host } = this.#server;
    const delegation = await evidence.delegation(to.domain, this.#asking);
    if (delegation.service === "unknown") return delegation.cause ?? "dns.servfail";
    if (delegation.service === "refused") return "dns.no-service";
    if (!delegation.exists) return "dns.nxdomain";
    return orderTargets(machinesOf(delegation, config.dial.port), () => host.random());
  }

  /** A port that is named is spoken to as the one that named it; the default port by STARTTLS. */
  #at(host: string, port: number | null): Target {
    const tls = port === null ? "starttls" : this.#redirect.tls;
    return { host, port: port ?? this.#server.config.dial.port, priority: 0, weight: 0, tls };
  }

  async #addresses({ host }: Target): Promise<TargetAddresses> {
    const { evidence } = this.#server;
    return this.#redirect.to.kind === "address"
      ? evidence.literalAddress(host, this.#asking)
      : await evidence.addresses(host, this.#asking);
  }

  get #asking() {
    return { budget: this.#budget, about: this.#about };
  }
}
