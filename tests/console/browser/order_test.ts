/** A pair that two connections carry. console.md 6 C2. */
import assert from "node:assert/strict";
import { granted, Stage } from "../../harness/stage.ts";
import { tokenOf } from "../../api/ask.ts";
import { type Place, scene } from "./fixture.ts";
import type { Visitor } from "./visitor.ts";

interface Set extends Place {
  readonly stage: Stage;
}

async function open(stack: AsyncDisposableStack): Promise<Set> {
  const stage = stack.use(await Stage.open());
  for (const _ of [1, 2]) {
    const { o } = await stage.initiate();
    stack.use(o);
    await granted(o, "sender.example", "target.example");
  }
  return { origin: stage.server.console, token: await tokenOf(stage, "console"), stage };
}

const test = scene(open);

const carriers = ({ page }: Visitor) =>
  page.locator(".carriers li").evaluateAll((all) =>
    all.filter((one) => one.hasAttribute("data-connection")).map((
      one,
    ) => [one.getAttribute("data-connection"), one.querySelector(".order")!.textContent])
  );

test("C2: when the first connection of a pair is closed from its page, the second one moves up, and the pair's history says why", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes/target.example/sender.example");
  await visitor.until("both connections", async () => (await carriers(visitor)).length === 2);
  const [first, second] = await carriers(visitor);
  assert.deepEqual([first![1], second![1]], ["1", "2"]);
  await visitor.picture("route-two-light");
  await using other = await visit();
  await other.go(`/connections/${first![0]}`);
  await other.page.getByRole("button", { name: "Close…" }).click();
  await other.page.locator("dialog[open]").waitFor();
  await other.picture("close-light");
  assert.deepEqual(await other.axe(), []);
  await other.page.getByRole("button", { name: "Close the connection" }).click();
  await visitor.until("the second one is first", async () => {
    const [only, ...more] = await carriers(visitor);
    return more.length === 0 && only?.[0] === second![0] && only?.[1] === "1";
  });
  await page.locator(`[data-gone='${first![0]}']`, { hasText: "operator.closed" }).waitFor();
  await visitor.picture("route-moved-light");
  assert.deepEqual(await visitor.axe(), []);
  visitor.assertQuiet();
});
