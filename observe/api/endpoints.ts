/** Every endpoint, one line a group. docs/api.md lists them; a test compares. */
import { AUDIT } from "./audit.ts";
import { CHECK } from "./check.ts";
import { CONTROL } from "./control.ts";
import type { Endpoint } from "./endpoint.ts";
import { EVENTS } from "./events.ts";
import { EXPLAIN } from "./explain.ts";
import { FAILURES } from "./failures.ts";
import { HEALTH } from "./health.ts";
import { DOMAINS } from "./domains.ts";
import { LOG_LEVEL } from "./log_level.ts";
import { MACHINES } from "./machines.ts";
import { OVERVIEW } from "./overview.ts";
import { POLICY } from "./policy.ts";
import { SESSION } from "./session.ts";
import { SOCKET } from "./socket.ts";
import { TABLES } from "./tables.ts";
import { TRACES } from "./traces.ts";

export const ENDPOINTS: readonly Endpoint[] = [
  ...HEALTH,
  ...SESSION,
  ...OVERVIEW,
  ...FAILURES,
  ...TABLES,
  ...TRACES,
  ...EXPLAIN,
  ...EVENTS,
  ...SOCKET,
  ...MACHINES,
  ...CHECK,
  ...CONTROL,
  ...DOMAINS,
  ...POLICY,
  ...LOG_LEVEL,
  ...AUDIT,
];
