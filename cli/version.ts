/** `verona version`. */
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";

/** Of this product. */
export const VERSION = "0.1.0";

export function version(json: boolean): number {
  const { deno, v8 } = Deno.version;
  if (json) sayJson({ version: VERSION, deno, v8 });
  else say(`verona ${VERSION} (Deno ${deno})`);
  return EXIT.good;
}
