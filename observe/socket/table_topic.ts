/**
 * A window of a table on a socket: its rows once, then what changes of them, at most four times a second. They keep their
 * places: what is new is only counted, until the page asks anew. console.md 2.3.
 */
import type { Keyed, TableName, TablePatch, TableRows, TableSnapshot } from "../contract.ts";
import type { ApiParts } from "../api/endpoint.ts";
import type { Source } from "../live.ts";
import { Problem, problemDocument } from "../problem.ts";
import { type Asked, readAsked } from "../tables/asking.ts";
import { lookUp } from "../tables/list.ts";
import type { Rest } from "../tables/pace.ts";
import { belongs, scan } from "../tables/scan.ts";
import type { AnyTable } from "../tables/table.ts";
import { TABLES } from "../tables/tables.ts";
import type { Line } from "./line.ts";
import type { Sub, Subscription } from "./subscription.ts";

/** Looking at the rows again may take at most one part in so many of the time. */
const SHARE = 20;
const RECOUNT_MS = 1000;

interface Shown {
  readonly row: unknown;
  readonly json: string;
}

export class TableTopic implements Subscription {
  readonly #parts: ApiParts;
  readonly #line: Line;
  readonly #table: AnyTable;
  readonly #source: Source<unknown>;
  readonly #asked: Asked<unknown>;
  readonly #question: Pick<TableSnapshot, "q" | "sort">;
  readonly #gone = new AbortController();
  readonly #shown = new Map<string, Shown>();
  #busy = false;
  #total = 0;
  #fresh = 0;
  #all = 0;
  /** When the rows, and when the whole table, may be looked at again; of `performance.now()`. */
  #rowsDue = 0;
  #countDue = 0;

  /** @throws {Problem} 400 when it cannot be asked like that. */
  constructor(parts: ApiParts, line: Line, frame: Extract<Sub, { readonly window: unknown }>) {
    this.#parts = parts;
    this.#line = line;
    this.#table = TABLES[frame.sub];
    this.#source = this.#table.source(parts.view.sources);
    const { q = "", sort = "", window: [from, to] } = frame;
    this.#question = { q, sort };
    this.#asked = readAsked(this.#table, { q, sort, window: { from, to } });
    this.#work((rest) => this.#snapshot(rest));
  }

  tick(): void {
    const now = performance.now();
    if (this.#busy || now < this.#rowsDue) return;
    this.#work((rest) => this.#patch(rest, now));
  }

  close(): void {
    this.#gone.abort();
  }

  /** One thing at a time; what fails is told, and the socket stays. */
  #work(work: (rest: Rest) => Promise<void>): void {
    this.#busy = true;
    this.#parts.pace.run(work, this.#gone.signal).catch((error) => {
      if (this.#gone.signal.aborted) return;
      if (error instanceof Problem) return this.#line.problem(this.#table.name, problemDocument(error));
      const detail = { id: `socket ${this.#table.name}`, error: String(error) };
      this.#parts.recorder.tell({ type: "actor.crashed", level: "error", detail });
    }).finally(() => this.#busy = false);
  }

  async #snapshot(rest: Rest): Promise<void> {
    const { parts: { now, recorder, view } } = { parts: this.#parts };
    const at = now();
    const { rows, found, tookMs } = await lookUp(this.#table, view.sources, this.#asked, at, rest);
    for (const { key, json, row } of rows) this.#shown.set(key, { row, json });
    const { total, all, facets } = found;
    [this.#total, this.#all] = [total, all];
    const { window: { from, to } } = this.#asked;
    const head: Omit<TableSnapshot, "rows"> = {
      epoch: recorder.epoch,
      now: new Date(at).toISOString(),
      total,
      all,
      facets,
      tookMs,
      ...this.#question,
      window: [from, to],
    };
    const keyed = rows.map(({ key, json }) => `{"key":${JSON.stringify(key)},"row":${json}}`).join(",");
    this.#say("snapshot", `${JSON.stringify(head).slice(0, -1)},"rows":[${keyed}]}`);
    this.#due(rest, 1);
  }

  async #patch(rest: Rest, began: number): Promise<void> {
    const changed: Keyed<TableRows[TableName]>[] = [];
    const gone: string[] = [];
    const now = this.#parts.now();
    for (const [key, shown] of this.#shown) {
      const row = this.#source.again(shown.row);
      if (row === null || !belongs(this.#table, this.#asked.query, row, now)) {
        gone.push(key);
        this.#shown.delete(key);
      } else {
        const printed = this.#table.print(row);
        const json = JSON.stringify(printed);
        if (json !== shown.json) {
          changed.push({ key, row: printed });
          this.#shown.set(key, { row, json });
        }
      }
      if (rest.due) await rest.take();
    }
    const before = [this.#fresh, this.#all];
    if (began >= this.#countDue) await this.#recount(rest, now);
    const counted = this.#fresh !== before[0] || this.#all !== before[1];
    if (changed.length > 0 || gone.length > 0 || counted) {
      const patch: TablePatch = { changed, gone, fresh: this.#fresh, all: this.#all };
      this.#say("patch", JSON.stringify(patch));
    }
    this.#due(rest, this.#parts.hub.size);
  }

  /** How many rows there are now that match. */
  async #recount(rest: Rest, now: number): Promise<void> {
    const used = rest.usedMs;
    const nothing = { ...this.#asked, sort: null, window: { from: 0, to: 0 } };
    const { total, all } = await scan(this.#table, this.#source, nothing, now, rest);
    this.#fresh = Math.max(0, total - this.#total);
    this.#all = all;
    const tookMs = rest.usedMs - used;
    this.#countDue = performance.now() + Math.max(RECOUNT_MS, tookMs * SHARE * this.#parts.hub.size);
  }

  #due(rest: Rest, sockets: number): void {
    this.#rowsDue = performance.now() + Math.min(5000, rest.usedMs * SHARE * sockets);
  }

  #say(op: "snapshot" | "patch", data: string): void {
    this.#line.sayText(`{"op":"${op}","topic":"${this.#table.name}","data":${data}}`);
  }
}
