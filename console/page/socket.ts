/**
 * The page's one socket: subscriptions by topic, reconnecting by itself, resuming events after the last one seen.
 * Where no WebSocket gets through but the server answers, a tick every two seconds stands in for it. console.md 1.4, 2.3.
 */
import { signal } from "@preact/signals";
import type { ClientFrame, ServerFrame, Session, Topic } from "../../observe/contract.ts";
import { ApiProblem, get } from "./api.ts";

type Subscribe = Exclude<ClientFrame, { unsub: Topic }>;
export type Heard = ServerFrame | { readonly op: "tick" };
type Listener = (frame: Heard) => void;

/** `polling`: no socket, but answers. `lost`: neither. */
export const link = signal<"connecting" | "live" | "polling" | "lost">("connecting");
/** When anything came last. */
export const heardAt = signal<number | null>(null);
/** Which start of the server speaks; it changes with a restart. */
export const epoch = signal<string | null>(null);
/** Counts links that came back: what a page holds may be old. */
export const revived = signal(0);
export const session = signal<Session | null>(null);
/** False: this browser has no session. */
export const allowed = signal<boolean | null>(null);

interface Subscription {
  frame: () => Subscribe;
  readonly listener: Listener;
}

const subscriptions = new Map<Topic, Subscription>();
let socket: WebSocket | null = null;
let attempts = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let ticking: ReturnType<typeof setInterval> | undefined;

/** Hears a topic until the result is called. `frame` is asked again at each reconnection, so it can name the last event. */
export function subscribe(topic: Topic, frame: () => Subscribe, listener: Listener): () => void {
  const subscription = { frame, listener };
  subscriptions.set(topic, subscription);
  say(frame());
  return () => {
    if (subscriptions.get(topic) !== subscription) return;
    subscriptions.delete(topic);
    say({ unsub: topic });
  };
}

/** Sends the subscription anew: another window, another filter. */
export function renew(topic: Topic, frame: () => Subscribe): void {
  const subscription = subscriptions.get(topic);
  if (subscription === undefined) return;
  subscription.frame = frame;
  say(frame());
}

function say(frame: ClientFrame): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

/** Asks who we are, then opens the socket. */
export async function connect(): Promise<void> {
  clearTimeout(retry);
  try {
    session.value = await get<Session>("/session");
  } catch (error) {
    if (error instanceof ApiProblem && error.status !== 0) {
      if (error.status === 401) allowed.value = false;
      else lost();
      return;
    }
    return lost();
  }
  allowed.value = true;
  note(session.value.epoch);
  open();
}

function open(): void {
  const opened = new WebSocket(
    `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/ws`,
  );
  socket = opened;
  let worked = false;
  opened.addEventListener("message", ({ data }) => {
    worked = true;
    hear(JSON.parse(data as string) as ServerFrame);
  });
  opened.addEventListener("open", () => {
    for (const { frame } of subscriptions.values()) say(frame());
  });
  opened.addEventListener("close", ({ code }) => {
    if (socket !== opened) return;
    socket = null;
    if (code === 4001) allowed.value = false;
    else if (worked) lost();
    else poll();
  });
}

function hear(frame: ServerFrame): void {
  heardAt.value = Date.now();
  if (frame.op === "hello") {
    stopPolling();
    attempts = 0;
    note(frame.epoch);
    if (link.value === "lost" || link.value === "polling") revived.value++;
    link.value = "live";
    return;
  }
  if (frame.op === "problem") console.warn(frame.problem.title, frame.problem.hint);
  if (frame.topic !== null) subscriptions.get(frame.topic as Topic)?.listener(frame);
}

function note(current: string): void {
  if (epoch.value !== null && epoch.value !== current) revived.value++;
  epoch.value = current;
}

function lost(): void {
  stopPolling();
  link.value = "lost";
  again();
}

/** Waits longer each time, and not as long as all the others. */
function again(): void {
  const wait = Math.min(500 * 2 ** attempts++, 10_000) * (0.5 + Math.random() / 2);
  retry = setTimeout(() => void connect(), wait);
}

function poll(): void {
  if (ticking === undefined) {
    ticking = setInterval(() => void tick(), 2000);
    void tick();
  }
  again();
}

async function tick(): Promise<void> {
  try {
    note((await get<Session>("/session")).epoch);
  } catch {
    return lost();
  }
  heardAt.value = Date.now();
  if (link.value === "lost") revived.value++;
  link.value = "polling";
  for (const { listener } of subscriptions.values()) listener({ op: "tick" });
}

function stopPolling(): void {
  clearInterval(ticking);
  ticking = undefined;
}
