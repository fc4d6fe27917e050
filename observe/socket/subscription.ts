/** One topic on one socket. */
import type { ClientFrame, Topic } from "../contract.ts";
import type { ApiParts } from "../api/endpoint.ts";
import { readPair } from "../api/answers.ts";
import type { Subject } from "../../facts/event.ts";
import { isTable } from "../tables/tables.ts";
import { EventTopic } from "./event_topic.ts";
import type { Line } from "./line.ts";
import { OverviewTopic } from "./overview_topic.ts";
import { TableTopic } from "./table_topic.ts";

export interface Subscription {
  /** Four times a second. */
  tick(): void;
  close(): void;
}

export type Sub = Exclude<ClientFrame, { readonly unsub: Topic }>;

/** @throws {Problem} 400 */
export function subscribe(parts: ApiParts, line: Line, frame: Sub): Subscription {
  const { sub } = frame;
  if (sub === "overview") return new OverviewTopic(parts, line);
  if ("window" in frame && isTable(sub)) return new TableTopic(parts, line, frame);
  const { after } = frame as Extract<Sub, { readonly sub: "events" }>;
  return new EventTopic(parts, line, sub, sub === "events" ? null : subjectOf(sub), after ?? null);
}

function subjectOf(topic: string): Subject {
  const name = topic.slice("trace:".length);
  const [local, remote] = name.split("/", 2);
  return remote === undefined ? { connection: name } : { pair: readPair(local!, remote) };
}
