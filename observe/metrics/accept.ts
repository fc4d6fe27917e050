/** Which of the two formats a client wants. RFC 9110 12.5.1. */
import type { Format } from "./exposition.ts";

export const CONTENT_TYPE: Readonly<Record<Format, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

/** OpenMetrics only to whom names it, and prefers nothing to it; whatever else is said gets the older one. */
export function formatFor(accept: string | null): Format {
  const wanted = (accept ?? "").split(",").map(readRange);
  const best = (type: string) =>
    Math.max(0, ...wanted.filter((one) => one.type === type).map(({ quality }) => quality));
  const open = best("application/openmetrics-text");
  return open > 0 && open >= best("text/plain") ? "openmetrics" : "text";
}

function readRange(range: string): { readonly type: string; readonly quality: number } {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  const of = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const quality = Number(of("q") ?? 1);
  // Another version than ours is another type.
  const known = type !== "application/openmetrics-text" || [undefined, "1.0.0"].includes(of("version"));
  return { type, quality: known && quality >= 0 && quality <= 1 ? quality : 0 };
}
