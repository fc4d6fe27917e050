/** Why real peers cannot be run here, if they cannot. */
import { missing, PEERS } from "../../tools/packages.ts";

/** A reason to skip, or null. Under CI there is none: what is missing fails there. */
export async function reasonToSkip(): Promise<string | null> {
  const lacking = await missing(PEERS);
  const reasons = [
    ...lacking.map(({ package: name }) => `${name} is not installed`),
    ...Deno.uid() === 0 ? [] : ["mount namespaces and port 53 need root"],
  ];
  if (reasons.length === 0) return null;
  if (Deno.env.get("CI") === "true") throw new Error(`Real peers cannot be run: ${reasons.join(", ")}`);
  return reasons.join(", ");
}
