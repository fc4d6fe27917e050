/** One WebSocket of a page: what is said on it, and when it is cut. console.md 2.4. */
import type { CloseCode, ProblemDocument, ServerFrame } from "../contract.ts";

/** Beyond so many bytes that wait for it the reader is cut: it can come back, and ask for what it missed. */
const MOST_BEHIND = 1 << 20;

export class Line {
  readonly #socket: WebSocket;
  /** Whose session it is: false when that has ended. */
  readonly #holds: () => boolean;
  #cut = false;
  /** It did not keep up, or did not keep to the rules. */
  failed = false;

  constructor(socket: WebSocket, holds: () => boolean) {
    this.#socket = socket;
    this.#holds = holds;
  }

  get open(): boolean {
    return !this.#cut && this.#socket.readyState === WebSocket.OPEN;
  }

  /** It was cut, and the reader has not even taken that. */
  get lingers(): boolean {
    return this.#cut && this.#socket.readyState !== WebSocket.CLOSED;
  }

  say(frame: ServerFrame): void {
    this.sayText(JSON.stringify(frame));
  }

  /** A frame that is printed already. */
  sayText(frame: string): void {
    if (!this.open) return;
    if (this.#socket.bufferedAmount > MOST_BEHIND) return this.cut(4000, "slow consumer");
    this.#socket.send(frame);
  }

  problem(topic: string | null, problem: ProblemDocument): void {
    this.say({ op: "problem", topic, problem });
  }

  /** False when it was cut just now: its session is over. */
  check(): boolean {
    if (this.#holds()) return true;
    this.cut(4001, "the session ended");
    return false;
  }

  cut(code: CloseCode, reason: string): void {
    if (this.#cut) return;
    this.#cut = true;
    this.failed = code === 4000 || code === 4002;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(code, reason);
  }
}
