/** Hands spans to Deno's own exporter, where it is on (`OTEL_DENO=true`); else nothing of this is even loaded. console.md 4.2. */
import type { Recorder } from "../recorder.ts";
import type { Begun, Tracer } from "./span.ts";

/** Deno's own condition; any other word it refuses itself. */
export function isTraced(env: Readonly<Record<string, string>>): boolean {
  return env.OTEL_DENO === "true";
}

/** From now on what the recorder hears becomes spans. @param share Of the traces without a failure, from 0 to 1. */
export async function traceWith(recorder: Recorder, version: string, share: number): Promise<void> {
  const [{ Spans }, { sampled }] = await Promise.all([import("./spans.ts"), import("./sampling.ts")]);
  const spans = new Spans(sampled(await exporting(version), share));
  recorder.traceWith((event) => spans.hear(event)?.ids ?? null);
}

async function exporting(version: string): Promise<Tracer> {
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } = await import("@opentelemetry/api");
  const tracer = trace.getTracer("verona", version);
  const kinds = { client: SpanKind.CLIENT, server: SpanKind.SERVER, internal: SpanKind.INTERNAL };
  type Span = ReturnType<typeof tracer.startSpan>;
  const made = new WeakMap<Begun, Span>();
  const remembered = (begun: Begun, span: Span): Begun => {
    made.set(begun, span);
    return begun;
  };
  return {
    begin: (name, kind, startTime, under, beside) => {
      const [parent, linked] = [under, beside].map((one) => one === null ? undefined : made.get(one));
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
      const links = linked === undefined ? [] : [{ context: linked.spanContext() }];
      const span = tracer.startSpan(name, { kind: kinds[kind], startTime, links }, context);
      const { traceId, spanId, traceFlags } = span.spanContext();
      // Deno's own sampler (OTEL_TRACES_SAMPLER) left it out; isRecording() would say true all the same (2.9.6).
      if ((traceFlags & TraceFlags.SAMPLED) === 0) return remembered(unseen(), span);
      const begun: Begun = {
        ids: { traceId, spanId },
        event: (what, attributes, at) => void span.addEvent(what, attributes(), at),
        set: (attributes) => void span.setAttributes(attributes()),
        end: (at, cause) => {
          if (cause !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: cause.text });
          span.end(at);
        },
      };
      return remembered(begun, span);
    },
  };
}

/** What is below it is left out too. */
const unseen = (): Begun => ({ ids: null, event() {}, set() {}, end() {} });
