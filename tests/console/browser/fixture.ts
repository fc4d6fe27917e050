/** What a file of browser tests stands on: one Chromium, and something to visit; both end with the file. */
import { Chromium, IS_THERE } from "./chromium.ts";
import { type VisitOptions, Visitor } from "./visitor.ts";

/** Where to go, and who one is there. */
export interface Place {
  readonly origin: string;
  readonly token: string;
}

export interface Scene<P extends Place> {
  readonly place: P;
  readonly chromium: Chromium;
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
  let chromium: Chromium | undefined;
  let place: P | undefined;
  if (IS_THERE) {
    Deno.test.beforeAll(async () => {
      chromium = stack.use(await Chromium.launch());
      place = await open(stack);
    });
    Deno.test.afterAll(() => stack.disposeAsync());
  }
  return (name: string, body: (scene: Scene<P>) => Promise<void>) =>
    Deno.test({
      name,
      ignore: !IS_THERE,
      // The browser and the servers outlive each test.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: () =>
        body({
          place: place!,
          chromium: chromium!,
          visit: (options) => Visitor.open(chromium!, place!.origin, place!.token, options),
          strange: (options) => Visitor.open(chromium!, place!.origin, null, options),
        }),
    });
}
