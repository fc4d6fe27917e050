/** A span as whoever makes them of events sees it: begun, told of, ended. console.md 4.2. */
import type { Cause } from "../../facts/cause.ts";
import type { SpanIds } from "../../facts/event.ts";
import type { Attributes } from "./attributes.ts";

export type Kind = "client" | "server" | "internal";

/** A span that has begun. Times are milliseconds since the epoch. */
export interface Begun {
  /** Null: nobody will ever see it. */
  readonly ids: SpanIds | null;
  /** Attributes are made where somebody will see them. */
  event(name: string, attributes: () => Attributes, at: number): void;
  set(attributes: () => Attributes): void;
  /** @param cause Why it failed; null: it did not. */
  end(at: number, cause: { readonly id: Cause; readonly text: string } | null): void;
}

/** Begins spans; `under` is the parent, `beside` another trace that it belongs to. */
export interface Tracer {
  begin(name: string, kind: Kind, at: number, under: Begun | null, beside: Begun | null): Begun;
}
