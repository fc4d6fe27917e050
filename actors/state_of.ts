/** A machine's state as dotted words: `negotiating.securing`. */
export function stateOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Object.entries(value as Record<string, unknown>).map(([name, inner]) => `${name}.${stateOf(inner)}`)
    .join(" ");
}
