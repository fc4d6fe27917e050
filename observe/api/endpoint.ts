/** What an endpoint is, and what it is given. A new one: a file beside this one, and one line in endpoints.ts. */
import type { Attempts } from "../attempts.ts";
import type { Audit } from "../audit.ts";
import type { Failures } from "../failures/failures.ts";
import type { HealthDesk } from "../health_desk.ts";
import type { LogLevels } from "../levels.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Recorder } from "../recorder.ts";
import type { OverviewDesk } from "../overview/desk.ts";
import type { Sessions } from "../sessions.ts";
import type { Hub } from "../socket/hub.ts";
import type { Pace } from "../tables/pace.ts";
import type { Role, Tokens } from "../tokens.ts";
import type { ServerView } from "../view.ts";
import type { Visit, Visitor } from "./access.ts";
import type { Checks } from "./check.ts";
import type { Hosts } from "./hosts.ts";
import type { MachineLibrary } from "../contract.ts";
import type { Assets } from "./page.ts";

/** Everything that endpoints stand on. */
export interface ApiParts {
  readonly view: ServerView;
  readonly recorder: Recorder;
  /** What is logged. */
  readonly log: LogLevels;
  readonly audit: Audit;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly attempts: Attempts;
  readonly hosts: Hosts;
  /** Null when the page is not part of the build. */
  readonly assets: Assets | null;
  readonly machines: MachineLibrary;
  /** For what looks at many rows. */
  readonly pace: Pace;
  readonly checks: Checks;
  readonly hub: Hub;
  readonly health: HealthDesk;
  readonly overview: OverviewDesk;
  readonly failures: Failures;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** On loopback, health and metrics need no token. */
  readonly open: boolean;
}

/** One request that has passed every check. */
export interface Call extends Visit {
  readonly parts: ApiParts;
  /** Null where no one has to be named. */
  readonly visitor: Visitor | null;
  /** What stood in the places of the path's `:names`, in order, decoded. */
  readonly params: readonly string[];
  /** The JSON object of a POST or PUT; `{}` when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Endpoint {
  readonly method: Method;
  /** `/api/v1/connections/:id`: a `:name` takes one segment. */
  readonly path: string;
  /** Who may; null: whoever reaches it, on loopback, else a viewer. GET never changes anything. */
  readonly role: Role | "anyone" | null;
  /** One line of docs/api.md. */
  readonly about: string;
  /** @throws {Problem} */
  readonly answer: (call: Call) => Response | Promise<Response>;
}
