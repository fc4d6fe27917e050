/**
 * The JSON of the API, exactly: types alone, so that the page and the commands can use them without the server.
 * Names and times as in design.md 2.4: camelCase, RFC 3339 UTC with milliseconds, `null` for what is not there.
 */
export type * from "./contract/check.ts";
export type * from "./contract/connections.ts";
export type * from "./contract/control.ts";
export type * from "./contract/domains.ts";
export type * from "./contract/events.ts";
export type * from "./contract/explanation.ts";
export type * from "./contract/failures.ts";
export type * from "./contract/audit.ts";
export type * from "./contract/frames.ts";
export type * from "./contract/list.ts";
export type * from "./contract/machines.ts";
export type * from "./contract/health.ts";
export type * from "./contract/overview.ts";
export type * from "./contract/policies.ts";
export type * from "./contract/proofs.ts";
export type * from "./contract/routes.ts";
export type * from "./contract/session.ts";
export type * from "./contract/trace.ts";
