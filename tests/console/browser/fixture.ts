/** What a file of browser tests stands on: one Chromium, and something to visit; both end with the file. */
import type { Browser } from "playwright-core";
import { CHROMIUM, type VisitOptions, Visitor } from "./visitor.ts";

/** Where to go, and who one is there. */
export interface Place {
  readonly origin: string;
  readonly token: string;
}

export interface Scene<P extends Place> {
  readonly place: P;
  visit(options?: VisitOptions): Promise<Visitor>;
  /** Without a session. */
  strange(options?: VisitOptions): Promise<Visitor>;
}

/**
 * Registers tests that share a place. `open` is called once, before the first of them.
 * @param open Puts what must be ended into the stack.
 */
export function scene<P extends Place>(open: (stack: AsyncDisposableStack) => Promise<P>) {
  const stack = new AsyncDisposableStack();
  let browser: Browser | undefined;
  let place: P | undefined;
  /** A browser that ended by itself is no reason for the tests after it to fail. */
  const running = async () => browser!.isConnected() ? browser! : browser = await Visitor.launch();
  if (CHROMIUM) {
    Deno.test.beforeAll(async () => {
      place = await open(stack);
      browser = await Visitor.launch();
      stack.defer(() => browser!.close());
    });
    Deno.test.afterAll(() => stack.disposeAsync());
  }
  return (name: string, body: (scene: Scene<P>) => Promise<void>) =>
    Deno.test({
      name,
      ignore: !CHROMIUM,
      // The browser and the servers outlive each test.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: () =>
        body({
          place: place!,
          visit: async (options) => Visitor.open(await running(), place!.origin, place!.token, options),
          strange: async (options) => Visitor.open(await running(), place!.origin, null, options),
        }),
    });
}
