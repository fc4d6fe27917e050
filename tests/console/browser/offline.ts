/** Visits every page and prints what it saw, as JSON: for a machine whose network is cut off. */
import { gatherCrowd } from "./crowd.ts";
import { Chromium } from "./chromium.ts";
import { Visitor } from "./visitor.ts";

export interface Sight {
  readonly path: string;
  readonly words: number;
  readonly complaints: readonly string[];
  readonly origins: readonly string[];
}

export const PATHS = [
  "/",
  "/connections",
  "/connections/c-1",
  "/routes",
  "/proofs",
  "/failures",
  "/check",
  "/machines",
  "/machines/route",
  "/log",
  "/trace",
];

if (import.meta.main) {
  await using stack = new AsyncDisposableStack();
  const { origin, token } = await gatherCrowd(stack);
  await using chromium = await Chromium.launch();
  await using visitor = await Visitor.open(chromium, origin, token);
  const seen: Sight[] = [];
  for (const path of PATHS) {
    await visitor.go(path);
    await visitor.settled();
    const words = (await visitor.text("main")).split(/\s+/).length;
    seen.push({ path, words, complaints: [...visitor.complaints], origins: [...visitor.origins] });
  }
  console.log(JSON.stringify(seen));
}
