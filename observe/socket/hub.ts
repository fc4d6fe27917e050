/** All WebSockets together: how many there may be, and the one timer that moves them. */
import type { ClientFrame, Role, Topic } from "../contract.ts";
import type { Call } from "../api/endpoint.ts";
import { eventId } from "../event_id.ts";
import { Problem, problemDocument } from "../problem.ts";
import { isRoom, MOST_WATCHING } from "../room.ts";
import { readFrame } from "./client_frame.ts";
import { subscribe, type Subscription } from "./subscription.ts";
import { Line } from "./line.ts";

/** Those that were cut and whose reader does not take even that: nothing of Deno's ends them. */
const MOST_LINGERING = 32;
const TICK_MS = 250;
/** A socket's own: whoever sends more is no page. */
const FRAMES_A_TICK = 50;
const MOST_MISTAKES = 20;
const MOST_TOPICS = 16;
/** Without an answer to a ping for so long the peer is gone. */
const IDLE_S = 60;

interface Guest {
  readonly role: Role;
  readonly line: Line;
  readonly subscriptions: Map<Topic, Subscription>;
  frames: number;
  mistakes: number;
}

export class Hub {
  readonly #guests = new Set<Guest>();
  readonly #lingering = new Set<Line>();
  readonly #crashed: (error: unknown) => void;
  /** Sockets that were cut for what their reader did, since the start. */
  dropped = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #unlisten = () => {};

  /** @param crashed Hears of a bug of ours: it costs the socket, and nobody else anything. */
  constructor(crashed: (error: unknown) => void) {
    this.#crashed = crashed;
  }

  get size(): number {
    return this.#guests.size;
  }

  /** Takes a request that has passed. @throws {Problem} 426, 503 */
  accept(call: Call): Response {
    const { request } = call;
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      const hint = "open it as a WebSocket; /api/v1/events is the same for curl";
      throw new Problem(426, "api.upgrade", "this is a WebSocket", hint, { upgrade: "websocket" });
    }
    this.#checkRoom(call.visitor!.role);
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: IDLE_S,
      ...protocolOf(request),
    });
    this.#join(call, socket);
    return response;
  }

  #checkRoom(role: Role): void {
    for (const line of this.#lingering) if (!line.lingers) this.#lingering.delete(line);
    const viewers = this.#guests.values().filter((guest) => guest.role === "viewer").toArray().length;
    const lingering = role === "operator" ? 0 : this.#lingering.size;
    if (isRoom(role, this.#guests.size, viewers) && lingering < MOST_LINGERING) return;
    const hint = "close another tab first";
    throw new Problem(
      503,
      "api.sockets",
      `${MOST_WATCHING} sockets are the most, and the last are the operators'`,
      hint,
    );
  }

  #join(call: Call, socket: WebSocket): void {
    const { parts, visitor } = call;
    const guest: Guest = {
      role: visitor!.role,
      line: new Line(socket, visitor!.holds),
      subscriptions: new Map(),
      frames: 0,
      mistakes: 0,
    };
    this.#guests.add(guest);
    if (this.#timer === null) this.#begin(call);
    socket.onopen = () => {
      const { recorder, version } = parts;
      guest.line.say({
        op: "hello",
        epoch: recorder.epoch,
        version,
        role: visitor!.role,
        id: eventId(recorder, recorder.last),
      });
    };
    socket.onmessage = ({ data }) => this.#guard(guest, () => this.#hear(call, guest, data));
    socket.onclose = socket.onerror = () => this.#leave(guest);
  }

  #begin({ parts: { recorder } }: Call): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#unlisten = recorder.listen(() => this.#end(), ["server.stopped"]);
  }

  #tick(): void {
    for (const guest of [...this.#guests]) {
      guest.frames = 0;
      this.#guard(guest, () => {
        if (!guest.line.open || !guest.line.check()) return;
        for (const subscription of guest.subscriptions.values()) subscription.tick();
      });
      if (guest.line.lingers) this.#leave(guest);
    }
  }

  #guard(guest: Guest, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#crashed(error);
      guest.line.cut(1011, "this server failed at it");
      this.#leave(guest);
    }
  }

  /** An open socket would hold up the end. */
  #end(): void {
    for (const guest of [...this.#guests]) {
      guest.line.cut(1001, "the server stops");
      this.#leave(guest);
    }
  }

  #leave(guest: Guest): void {
    if (!this.#guests.delete(guest)) return;
    if (guest.line.failed) this.dropped++;
    for (const subscription of guest.subscriptions.values()) subscription.close();
    guest.subscriptions.clear();
    if (guest.line.lingers) this.#lingering.add(guest.line);
    if (this.#guests.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#unlisten();
  }

  #hear(call: Call, guest: Guest, data: unknown): void {
    if (!guest.line.open || !guest.line.check()) return;
    if (++guest.frames > FRAMES_A_TICK) return guest.line.cut(4002, "too many frames");
    try {
      this.#obey(call, guest, readFrame(data));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      guest.line.problem(null, problemDocument(error));
      if (++guest.mistakes >= MOST_MISTAKES) guest.line.cut(4002, "too many mistakes");
    }
  }

  #obey(call: Call, { line, subscriptions }: Guest, frame: ClientFrame): void {
    const topic = "unsub" in frame ? frame.unsub : frame.sub;
    subscriptions.get(topic)?.close();
    subscriptions.delete(topic);
    if ("unsub" in frame) return;
    if (subscriptions.size >= MOST_TOPICS) {
      throw new Problem(
        400,
        "api.topics",
        `${MOST_TOPICS} topics are the most`,
        "unsubscribe from another one",
      );
    }
    subscriptions.set(topic, subscribe(call.parts, line, frame));
  }
}

/** A page that shows its token as a subprotocol offers `verona` beside it: that is the one that is agreed upon. */
function protocolOf({ headers }: Request): { protocol?: string } {
  const offered = headers.get("sec-websocket-protocol")?.split(",").map((one) => one.trim()) ?? [];
  return offered.includes("verona") ? { protocol: "verona" } : {};
}
