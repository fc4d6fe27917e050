/** Everything that happens, as it happens, for `curl -N` and the command line. design.md 2.4. */
import { eventStream } from "../sse.ts";
import type { Endpoint } from "./endpoint.ts";

export const EVENTS: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/events",
    role: "viewer",
    about: "every event as SSE; `Last-Event-ID` replays what the ring still has",
    answer: ({ parts, request }) => eventStream(parts.recorder, request),
  },
];
