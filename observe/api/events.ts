/** Everything that happens, as it happens, for `curl -N` and the command line. design.md 2.4. */
import { eventStream } from "../sse.ts";
import type { Endpoint } from "./endpoint.ts";
import { subjectOf } from "./traces.ts";

export const EVENTS: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/events",
    role: "viewer",
    about:
      "every decision as SSE, or of one `connection` or pair (`local`, `remote`) every step too; `Last-Event-ID` replays what is still kept",
    answer: (call) => eventStream(call.parts.recorder, call.request, subjectOf(call), call.visitor!),
  },
];
