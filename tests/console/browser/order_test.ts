/** A pair that two connections carry, and a domain more on one of them. console.md 6 B2, C2. */
import assert from "node:assert/strict";
import { granted, Stage } from "../../harness/stage.ts";
import { tokenOf } from "../../api/ask.ts";
import { type Place, scene } from "./fixture.ts";
import type { Conversation } from "../../peer/conversation.ts";
import type { Visitor } from "./visitor.ts";

interface Set extends Place {
  readonly stage: Stage;
  readonly peer: Conversation;
}

async function open(stack: AsyncDisposableStack): Promise<Set> {
  const stage = stack.use(await Stage.open());
  const [peer] = [stack.use(await stage.initiateWith()), stack.use(await stage.initiateWith())];
  return { origin: stage.server.console, token: await tokenOf(stage, "console"), stage, peer };
}

const test = scene(open);

const carriers = ({ page }: Visitor) =>
  page.locator(".carriers li").evaluateAll((all) =>
    all.filter((one) => one.hasAttribute("data-connection")).map((
      one,
    ) => [one.getAttribute("data-connection"), one.querySelector(".order")!.textContent])
  );

test("B2: a domain that is granted while one looks stands in its connection's row, and in no other; nothing is loaded anew", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections");
  const row = (id: string) => page.locator(".grid-row", { hasText: id });
  await row("c-1").waitFor();
  await row("c-2").waitFor();
  await page.locator("[data-link=live]").waitFor();
  const loads: string[] = [];
  page.on("framenavigated", (frame) => loads.push(frame.url()));
  assert(!(await row("c-1").innerText()).includes("other-sender.example"));
  await granted(place.peer, "other-sender.example", "target.example");
  await row("c-1").filter({ hasText: "other-sender.example" }).waitFor();
  assert.match(await row("c-1").innerText(), /sender\.example, other-sender\.example/);
  assert(!(await row("c-2").innerText()).includes("other-sender.example"));
  assert.deepEqual(loads, []);
  visitor.assertQuiet();
});

test("C2: when the first connection of a pair is closed from its page, the second one moves up, and the pair's history says why", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes/target.example/sender.example");
  await visitor.until("both connections", async () => (await carriers(visitor)).length === 2);
  const [first, second] = await carriers(visitor);
  assert.deepEqual([first![1], second![1]], ["1", "2"]);
  await visitor.pictures("route-two");
  await using other = await visit();
  await other.go(`/connections/${first![0]}`);
  await other.page.getByRole("button", { name: "Close…" }).click();
  await other.page.locator("dialog[open]").waitFor();
  await other.pictures("close");
  assert.deepEqual(await other.axe(), []);
  await other.page.getByRole("button", { name: "Close the connection" }).click();
  await visitor.until("the second one is first", async () => {
    const [only, ...more] = await carriers(visitor);
    return more.length === 0 && only?.[0] === second![0] && only?.[1] === "1";
  });
  await page.locator(`[data-gone='${first![0]}']`, { hasText: "operator.closed" }).waitFor();
  await visitor.pictures("route-moved");
  assert.deepEqual(await visitor.axe(), []);
  visitor.assertQuiet();
});
