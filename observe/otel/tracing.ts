/** Hands spans to Deno's own exporter, where it is on (`OTEL_DENO=true`); else nothing of this is even loaded. console.md 4.2. */
import type { Recorder } from "../recorder.ts";
import type { Begun, Tracer } from "./span.ts";

/** Deno's own condition; any other word it refuses itself. */
export function isTraced(env: Readonly<Record<string, string>>): boolean {
  return env.OTEL_DENO === "true";
}

/** From now on what the recorder hears becomes spans. */
export async function traceWith(recorder: Recorder, version: string): Promise<void> {
  const { Spans } = await import("./spans.ts");
  const spans = new Spans(await exporting(version));
  recorder.listen((event) => spans.hear(event));
}

async function exporting(version: string): Promise<Tracer> {
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = await import("@opentelemetry/api");
  const tracer = trace.getTracer("verona", version);
  const kinds = { client: SpanKind.CLIENT, server: SpanKind.SERVER, internal: SpanKind.INTERNAL };
  const made = new WeakMap<Begun, ReturnType<typeof tracer.startSpan>>();
  return {
    begin: (name, kind, startTime, under, beside) => {
      const [parent, linked] = [under, beside].map((one) => one === null ? undefined : made.get(one));
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
      const links = linked === undefined ? [] : [{ context: linked.spanContext() }];
      const span = tracer.startSpan(name, { kind: kinds[kind], startTime, links }, context);
      const begun: Begun = {
        event: (what, attributes, at) => void span.addEvent(what, attributes, at),
        set: (attributes) => void span.setAttributes(attributes),
        end: (at, cause) => {
          if (cause !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: cause.text });
          span.end(at);
        },
      };
      made.set(begun, span);
      return begun;
    },
  };
}
