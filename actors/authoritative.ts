/** Other servers ask whether a key is ours: steps 2 and 3 of dialback, answered. XEP-0220 2.2.2; protocol.md 7.5. */
import { answerVerify, type VerifyAnswer } from "../policy/authoritative.ts";
import { type DialbackVerify, printAnswer, printAnswerError } from "../xmpp/dialback.ts";
import { DENIALS } from "../xmpp/verdict_error.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./encode.ts";
import { Rate } from "./turnstile.ts";

/** Answers of one connection that wait for their turn; with more, nothing is read from it until they are out. */
const MOST_WAITING_BYTES = 64 * 1024;

export class Authoritative {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  #rate: Rate | null = null;
  #waitingBytes = 0;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
  }

  /** Answers in its turn (`verify_answers_per_second`); a promise pauses reading. */
  verify(verify: DialbackVerify): void | Promise<void> {
    const { dialbackSecret, hosted } = this.#server;
    const answer = answerVerify(
      verify,
      dialbackSecret,
      (pair) => this.#shell.carries(pair),
      (domain) => hosted.isHosted(domain),
    );
    const printed = answer === "valid" || answer === "invalid"
      ? printAnswer(verify, answer)
      : printAnswerError(verify, DENIALS[answer === "clear" ? "no tls" : "target not hosted"]);
    this.#tell(verify, answer);
    const ms = this.#waitMs();
    if (ms === 0) return this.#shell.connection.write(encode(printed));
    return this.#later(encode(printed), ms);
  }

  /** Other traffic of the connection goes on meanwhile, unless the peer asks faster than is kept for it. */
  #later(answer: Uint8Array, ms: number): void | Promise<void> {
    this.#waitingBytes += answer.length;
    const said = new Promise<void>((resolve) => {
      this.#server.host.clock.setTimeout(() => {
        this.#waitingBytes -= answer.length;
        if (!this.#shell.over) this.#shell.connection.write(answer);
        resolve();
      }, ms);
    });
    return this.#waitingBytes > MOST_WAITING_BYTES ? said : undefined;
  }

  #waitMs(): number {
    const { verifyAnswersPerSecond: perSecond } = this.#server.config.limits;
    const now = this.#server.host.clock.now();
    if (this.#rate?.perSecond !== perSecond) this.#rate = new Rate(perSecond, perSecond, now);
    return this.#rate.waitMs(now);
  }

  #tell({ from, to }: DialbackVerify, answer: VerifyAnswer): void {
    this.#server.host.tell({
      type: "verify.answered",
      connection: this.#shell.id,
      pair: { local: to.domain, remote: from.domain },
      detail: { answer, peer: this.#shell.connection.peer.ip },
      ...ANSWERED[answer],
    });
  }
}

/** A key that is not ours, presented in our name: somebody may play us (7.5). */
const ANSWERED = {
  valid: { level: "debug" },
  invalid: { level: "warning", cause: "dialback.not-ours" },
  clear: { level: "warning", cause: "tls.required" },
  foreign: { level: "info", cause: "route.not-hosted" },
} as const;
