/** The audit log: every change that was asked for, and every refused attempt. design.md 2.4; docs/decisions/0180. */
import { Problem } from "../problem.ts";
import { printable } from "../printable.ts";
import type { Visit, Visitor } from "./access.ts";
import type { AuditEntry } from "../audit.ts";
import { json, whole } from "./answers.ts";
import type { ApiParts, Call, Endpoint } from "./endpoint.ts";

/** Of a path or of what was given. */
const MOST_CHARACTERS = 500;
/** What of a body is told: nothing else, so never a secret. */
const TOLD = ["block", "policy", "proof"];

export const AUDIT: readonly Endpoint[] = [{
  method: "GET",
  path: "/api/v1/audit",
  role: "operator",
  about: "who changed what, and who was refused, the latest first: `limit`, `before=<id>`",
  answer: (call) => {
    const entries = call.parts.audit.latest(
      whole(call, "limit", 100, 1000),
      whole(call, "before", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    );
    return json({ audit: entries });
  },
}];

/** A request that may change something. Its line is on disk before anything is changed: no change is without one. */
export class AuditLine {
  readonly #visit: Visit;
  readonly #parts: ApiParts;
  /** Of the line that was begun; null: none, or one too many of those who are not named. */
  #id: number | null = null;
  #state: "new" | "begun" | "failed" = "new";
  /** Known once it has passed. */
  visitor: Visitor | null = null;
  body: Call["body"] = {};

  constructor(visit: Visit, parts: ApiParts) {
    this.#visit = visit;
    this.#parts = parts;
  }

  /** @throws {Problem} 503: then nothing may be changed. */
  begin(): void {
    this.#state = "begun";
    if (this.#try(() => this.#id = this.#parts.audit.add(this.#entry(null, null)))) return;
    this.#state = "failed";
    const title = "the audit log cannot be written, so nothing was changed";
    throw new Problem(503, "api.audit", title, "see to the disk of data_dir, then ask again", {
      "retry-after": "10",
    });
  }

  /** What came of it. Never fails: what is done is done, and the answer says so. */
  end(status: number, cause: string | null): void {
    const { audit } = this.#parts;
    if (this.#state === "failed") return;
    if (this.#state === "new") this.#try(() => audit.add(this.#entry(status, cause)));
    else if (this.#id !== null) this.#try(() => audit.settle(this.#id!, status, cause));
  }

  #try(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      const detail = { why: (error as Error).message, what: this.#what() };
      this.#parts.recorder.tell({ type: "audit.failed", level: "error", detail });
      return false;
    }
  }

  #entry(status: number | null, cause: string | null): AuditEntry {
    const { visitor, body } = this;
    const told = Object.fromEntries(Object.entries(body).filter(([key]) => TOLD.includes(key)));
    const detail = Object.keys(told).length === 0 ? null : printable(JSON.stringify(told));
    return {
      at: this.#parts.now(),
      role: visitor?.role ?? null,
      by: visitor === null ? null : visitor.until === null ? "token" : "session",
      address: this.#visit.address,
      what: this.#what(),
      detail: detail?.slice(0, MOST_CHARACTERS) ?? null,
      status,
      cause,
    };
  }

  #what(): string {
    const { request, url } = this.#visit;
    return printable(`${request.method} ${url.pathname}`).slice(0, MOST_CHARACTERS);
  }
}

/** Answers, and writes down what came of it. */
export async function audited(
  visit: Visit,
  parts: ApiParts,
  answer: (line: AuditLine) => Promise<Response>,
): Promise<Response> {
  const line = new AuditLine(visit, parts);
  try {
    const response = await answer(line);
    line.end(response.status, null);
    return response;
  } catch (error) {
    const [status, cause] = error instanceof Problem ? [error.status, error.id] : [500, "server.internal"];
    line.end(status, cause);
    throw error;
  }
}
