/** The `from` of a server-name stream that no accepted certificate carries: its own TLSA records may prove it. protocol.md R-7, 3.9. */
import type { Cause } from "../facts/cause.ts";
import type { Verdict } from "../policy/decide.ts";
import { machine } from "../policy/machine.ts";
import { UNASKED } from "../policy/judge.ts";
import type { Proof } from "../policy/proof.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { Refusal } from "../xmpp/stream_error.ts";
import { Budget } from "./budget.ts";
import type { Claim, Terms } from "./claim.ts";
import { collect, type Fetchers, type Found } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import { ProofLife } from "./proof.ts";
import type { S2sShell } from "./s2s_stream.ts";

/** What nobody asks for here. */
const unwanted = (what: string) => () => Promise.reject(new Error(`No ${what} speaks for a machine's name`));

/** The peer's claim to be the machine of that name. It never proves a delegated domain, so no pair rests on it. */
class MachineClaim implements Claim {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #name: Domain;

  constructor(server: ServerContext, shell: S2sShell, name: Domain) {
    this.#server = server;
    this.#shell = shell;
    this.#name = name;
  }

  judge(found: Found) {
    const [domain, certificate] = [this.#name, this.#shell.certificateUnder(found.tlsa)];
    const [now, timing] = [this.#server.host.clock.now(), this.#server.timing()];
    return machine({ ...UNASKED, ...found, domain, certificate, now, timing });
  }

  /** Of nobody's pair: what every policy takes. */
  policy() {
    return this.#server.policyFor({ local: this.#shell.row.local!, remote: this.#name });
  }

  fetchers(terms: Terms): Fetchers {
    return {
      tlsa: async (
        _,
        signal,
      ) => [
        await this.#server.evidence.machineTlsa(toAscii(this.#name), {
          ...terms,
          signal,
          about: { connection: this.#shell.id },
        }),
      ],
      delegation: unwanted("delegation"),
      posh: unwanted("POSH document"),
      callback: unwanted("authoritative server"),
    };
  }
}

export class MachineIdentity {
  /** Settles when the name is judged: until then nothing more is read. */
  readonly proving: Promise<void>;
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #name: Domain;
  readonly #claim: MachineClaim;
  readonly #over = new AbortController();
  #life: ProofLife | null = null;
  #settle!: () => void;

  constructor(server: ServerContext, shell: S2sShell, name: Domain) {
    this.#server = server;
    this.#shell = shell;
    this.#name = name;
    this.#claim = new MachineClaim(server, shell, name);
    this.proving = new Promise((resolve) => this.#settle = resolve);
  }

  /** The proof that the stream stands on; null while, or where, there is none. */
  get life(): ProofLife | null {
    return this.#life;
  }

  /** Within what one request of a stranger may cost, and in its turn; null when the name is proven. */
  async prove(): Promise<Refusal | null> {
    const wanted = () => !this.#over.signal.aborted;
    await this.#shell.theirs.proofTurn();
    const fetchers = this.#claim.fetchers({ budget: new Budget() });
    const work = () => collect((found) => this.#claim.judge(found), fetchers, wanted, this.#over.signal);
    const passage = await this.#server.evidence.onBehalfOf(this.#shell.asPeer(), wanted, work);
    if (!wanted()) return { condition: "not-authorized", cause: "proof.timeout" };
    if (!passage.passed) return { condition: "resource-constraint", cause: "limit.proofs" };
    const { verdict, found } = passage.value!;
    if (verdict.proved) this.#named(verdict.proof);
    this.#tell(verdict, found);
    return verdict.proved ? null : { condition: "not-authorized", cause: verdict.cause };
  }

  #tell(verdict: Verdict, { tlsa }: Found): void {
    const { proofs, connection, id } = this.#shell;
    this.#server.host.tell({
      type: "machine.judged",
      level: verdict.proved ? "info" : "warning",
      connection: id,
      detail: {
        name: this.#name,
        ...(verdict.proved ? proofs.describe(verdict.proof) : {
          prooftype: verdict.tried,
          dns: tlsa?.[0]?.security ?? "not asked",
          peer: connection.peer.ip,
        }),
      },
      ...(verdict.proved ? {} : { cause: verdict.cause }),
    });
  }

  #named(proof: Proof): void {
    this.#shell.row.vouchAlone(toAscii(this.#name));
    this.#life = new ProofLife(this.#server, this.#shell, proof, this.#claim, {
      renewed: () => {},
      ended: (_, cause) => this.#ended(proof, cause),
    });
  }

  /** The stream has lost its name; what its customers' proofs rest on is the same record. 4.8: `reset`, begin anew. */
  #ended({ endsWith }: Proof, cause: Cause): void {
    const expired = cause === "proof.expired" && endsWith === "certificate";
    this.#shell.close(expired ? "tls.expired" : cause, "reset");
  }

  /** It is judged, or the stream ends: what is found later proves nothing any more. */
  settled(): void {
    this.#over.abort();
    this.#settle();
  }

  connectionOver(): void {
    this.settled();
    this.#life?.connectionOver();
  }
}
