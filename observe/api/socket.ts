/** The page's WebSocket. console.md 2.3, 2.4; the frames are in contract/frames.ts. */
import type { Endpoint } from "./endpoint.ts";

export const SOCKET: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/ws",
    role: "viewer",
    about:
      "everything live on one WebSocket, by topic (observe/contract/frames.ts); by the session, or the " +
      "subprotocols `verona, bearer.<token>`",
    answer: (call) => call.parts.hub.accept(call),
  },
];
