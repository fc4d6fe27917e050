/** A little OTLP collector on loopback: takes what Deno's exporter sends as JSON. */
import { deadline, PATIENCE_MS } from "../peer/deadline.ts";

export interface Exported {
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | null;
  readonly name: string;
  /** OTLP: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
  readonly failed: boolean;
  readonly message: string;
}

export interface Measured {
  readonly unit: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly points: readonly {
    readonly labels: Readonly<Record<string, unknown>>;
    /** Of a histogram how many there were. */
    readonly value: number;
    readonly bounds: readonly number[] | null;
  }[];
}

// deno-lint-ignore no-explicit-any -- JSON of the exporter: what is read here is what the tests assert
type Json = any;

export class Collector implements AsyncDisposable {
  readonly spans: Exported[] = [];
  /** The latest of each, by name. */
  readonly metrics = new Map<string, Measured>();
  /** Everything that came, whatever it was. */
  text = "";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #heard = Promise.withResolvers<void>();

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      const text = await request.text();
      this.text += text;
      const { pathname } = new URL(request.url);
      if (pathname === "/v1/traces") this.#take(JSON.parse(text));
      if (pathname === "/v1/metrics") this.#measure(JSON.parse(text));
      return Response.json({});
    });
  }

  /** Of the process that is watched. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_SERVICE_NAME: "verona",
    };
  }

  /** The spans of ours, once one is among them that is wanted. */
  async until(what: string, wanted: (span: Exported) => boolean): Promise<Exported> {
    const names = () => `\n${this.spans.map(({ name, message }) => `${name} ${message}`).join("\n")}`;
    const limit = deadline(what, PATIENCE_MS * 2, names);
    try {
      for (;;) {
        const found = this.spans.find(wanted);
        if (found !== undefined) return found;
        await limit.race(this.#heard.promise);
      }
    } finally {
      limit.clear();
    }
  }

  /** The children of a span, in the order in which they began. */
  below({ spanId }: Exported): Exported[] {
    return this.spans.filter(({ parent }) => parent === spanId).sort((a, b) => Number(a.startNs - b.startNs));
  }

  #take({ resourceSpans }: Json): void {
    for (const { scopeSpans } of resourceSpans) {
      for (const { scope, spans } of scopeSpans) {
        if (scope.name === "verona") this.spans.push(...spans.map(read));
      }
    }
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }

  #measure({ resourceMetrics }: Json): void {
    for (const { scopeMetrics } of resourceMetrics) {
      for (const { scope, metrics } of scopeMetrics) {
        if (scope.name === "verona") { for (const one of metrics) this.metrics.set(one.name, measured(one)); }
      }
    }
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }

  /** Resolves when the metrics that came hold. */
  async measuredUntil(what: string, holds: () => boolean): Promise<void> {
    const limit = deadline(what, PATIENCE_MS * 2, () => `\n${JSON.stringify([...this.metrics])}`);
    while (!holds()) await limit.race(this.#heard.promise);
    limit.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function read(span: Json): Exported {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parent: span.parentSpanId === "" ? null : span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    attributes: Object.fromEntries(span.attributes.map(({ key, value }: Json) => [key, valueOf(value)])),
    links: span.links.map(({ spanId }: Json) => spanId),
    failed: span.status.code === 2,
    message: span.status.message,
  };
}

function valueOf(value: Json): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOf);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue);
}

function measured({ unit, sum, gauge, histogram }: Json): Measured {
  const kind = sum ? "counter" : gauge ? "gauge" : "histogram";
  const points = (sum ?? gauge ?? histogram).dataPoints.map((point: Json) => ({
    labels: Object.fromEntries(point.attributes.map(({ key, value }: Json) => [key, valueOf(value)])),
    value: Number(point.asDouble ?? point.asInt ?? point.count),
    bounds: point.explicitBounds ?? null,
  }));
  return { unit, kind, points };
}
