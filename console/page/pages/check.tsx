/** Check: can we federate with a domain, and why (not), stage by stage as it is found out. console.md 3.5. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { DomainList, Explanation, Stage } from "../../../observe/contract.ts";
import { ApiProblem, get, send } from "../api.ts";
import { go, params, withParams } from "../location.ts";
import { Command, Empty, Trouble } from "../parts/basics.tsx";
import { useQuery } from "../parts/query.ts";
import { Stages } from "../parts/stages.tsx";
import { session } from "../socket.ts";

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
  const to = params.value.get("to") ?? "", from = params.value.get("from") ?? "";
  const domains = useQuery<DomainList>("/domains");
  const [run, setRun] = useState<Run>(IDLE);
  const abort = useRef<AbortController | null>(null);
  const hosted = domains.data?.domains.filter(({ removed }) => !removed) ?? [];
  const first = hosted[0]?.name ?? "";
  useEffect(() => () => abort.current?.abort(), []);
  const start = () => {
    abort.current?.abort();
    abort.current = new AbortController();
    setRun({ ...IDLE, pending: true });
    void perform(to, from || first, abort.current.signal, setRun);
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
          go(withParams({ to: String(form.get("to")).trim(), from: String(form.get("from") ?? "") }), {
            replace: true,
          });
          start();
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
          <select class="choice" name="from" key={`${from} ${first}`} defaultValue={from || first}>
            {hosted.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
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

/** One JSON object a line: stages as they are done, then the answer. Where there is no dialling, the explanation stands in. */
async function perform(
  to: string,
  from: string,
  signal: AbortSignal,
  show: (run: Run) => void,
): Promise<void> {
  let stages: Stage[] = [];
  try {
    const response = await send("POST", "/check", { to, from }, signal);
    for await (const line of lines(response.body!)) {
      const said = JSON.parse(line) as Stage | { stage: Stage } | Explanation;
      if ("stages" in said) {
        return show({
          stages: said.stages,
          verdict: said.verdict,
          cause: said.cause,
          pending: false,
          error: null,
        });
      }
      const stage = "stage" in said ? said.stage : said;
      stages = [...stages.filter(({ id }) => id !== stage.id), stage];
      show({ stages, pending: true, error: null });
    }
    show({ stages, pending: false, error: null });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiProblem && (error.status === 501 || error.status === 403)) {
      return await explain(to, from, signal, show);
    }
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
    for (const part of parts) {
      const line = part.replace(/^data: /, "").trim();
      if (line.startsWith("{")) yield line;
    }
  }
  if (rest.trim().startsWith("{")) yield rest.trim();
}
