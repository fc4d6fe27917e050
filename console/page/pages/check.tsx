/** Check: can we federate with a domain, and why (not), stage by stage as it is found out. console.md 3.5. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CheckLine, CheckReport, DomainList, Explanation, Stage } from "../../../observe/contract.ts";
import { ApiProblem, get, send } from "../api.ts";
import { go, params, withParams } from "../location.ts";
import { Command, Empty, Trouble } from "../parts/basics.tsx";
import { useQuery } from "../parts/query.ts";
import { Stages } from "../parts/stages.tsx";
import { session } from "../socket.ts";

/** How far it goes, in words. */
const DEPTHS: readonly (readonly [CheckReport["stage"], string])[] = [
  ["pair", "all the way"],
  ["proof", "proof: nothing is asked of it"],
  ["tls", "TLS"],
  ["tcp", "TCP"],
  ["dns", "DNS: nobody is dialled"],
];

interface Run {
  readonly stages: readonly Stage[];
  readonly pending: boolean;
  readonly verdict?: string;
  readonly cause?: string | null;
  readonly error: unknown;
  /** The server only looked into its tables. */
  readonly explained?: boolean;
}

const IDLE: Run = { stages: [], pending: false, error: null };

export function CheckPage() {
  const word = (key: string) => params.value.get(key) ?? "";
  const [to, from, stage, back] = [word("to"), word("from"), word("stage") || "pair", word("back")];
  const domains = useQuery<DomainList>("/domains");
  const [run, setRun] = useState<Run>(IDLE);
  const abort = useRef<AbortController | null>(null);
  const hosted = domains.data?.domains.filter(({ removed }) => !removed) ?? [];
  const first = hosted[0]?.name ?? "";
  useEffect(() => () => abort.current?.abort(), []);
  const start = (asked: Asked) => {
    abort.current?.abort();
    abort.current = new AbortController();
    setRun({ ...IDLE, pending: true });
    void perform(asked, abort.current.signal, setRun);
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>Check</h1>
      </header>
      <form
        class="card row check-form"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const said = (key: string) => String(form.get(key) ?? "").trim();
          const asked = {
            to: said("to"),
            from: said("from") || first,
            stage: said("stage"),
            back: said("back"),
          };
          go(withParams(asked), { replace: true });
          start(asked);
        }}
      >
        <label>
          Domain{" "}
          <input
            class="filter"
            name="to"
            required
            spellcheck={false}
            placeholder="example.org"
            defaultValue={to}
            key={to}
          />
        </label>
        <label>
          from{" "}
          <select class="choice" name="from" key={`${from} ${first}`}>
            {hosted.map(({ name }) => (
              <option key={name} value={name} selected={name === (from || first)}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          as far as{" "}
          <select class="choice" name="stage" key={stage}>
            {DEPTHS.map(([id, words]) => <option key={id} value={id} selected={id === stage}>{words}
            </option>)}
          </select>
        </label>
        <label>
          <input type="checkbox" name="back" value="1" key={back} defaultChecked={back === "1"} /> and back
        </label>
        <button type="submit" class="button main" disabled={run.pending}>
          {run.pending ? "Checking…" : "Check"}
        </button>
      </form>
      {run.explained && (
        <p class="banner" role="status">
          This is what the server knows and what DNS says; nothing was
          dialled{session.value?.role === "operator"
            ? ""
            : ": that needs the operator's role"}.
        </p>
      )}
      {run.error !== null && <Trouble error={run.error} />}
      {(run.stages.length > 0 || run.pending) && <Stages {...run} />}
      {run === IDLE && (
        <Empty title="Would this work?">
          <p>The same stages as on the command line: DNS, DNSSEC, TCP, TLS, proof, pair.</p>
          <Command text={`verona check ${to || "example.org"}`} />
        </Empty>
      )}
    </div>
  );
}

interface Asked {
  readonly to: string;
  readonly from: string;
  readonly stage: string;
  /** `1`: also whether it can reach us. */
  readonly back: string;
}

/** One JSON object a line: stages as they are done, then the answer. Where there is no dialling, the explanation stands in. */
async function perform(asked: Asked, signal: AbortSignal, show: (run: Run) => void): Promise<void> {
  const { to, from, stage, back } = asked;
  let stages: Stage[] = [];
  try {
    const response = await send(
      "POST",
      "/check",
      { domain: to, from, stage, bothWays: back === "1" },
      signal,
    );
    for await (const line of lines(response.body!)) {
      const said = JSON.parse(line) as CheckLine;
      if ("report" in said) {
        const { stages, verdict, cause } = said.report;
        return show({ stages, verdict, cause, pending: false, error: null });
      }
      stages = [...stages.filter(({ id }) => id !== said.stage.id), said.stage];
      show({ stages, pending: true, error: null });
    }
    show({ stages, pending: false, error: null });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiProblem && error.status === 403) return await explain(to, from, signal, show);
    show({ stages, pending: false, error });
  }
}

async function explain(
  to: string,
  from: string,
  signal: AbortSignal,
  show: (run: Run) => void,
): Promise<void> {
  try {
    const { stages, verdict, cause } = await get<Explanation>(
      `/explain?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`,
      signal,
    );
    show({ stages, verdict, cause, pending: false, error: null, explained: true });
  } catch (error) {
    if (!signal.aborted) show({ stages: [], pending: false, error });
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .getReader();
  let rest = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    rest += read.value;
    const parts = rest.split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== "") yield rest;
}
