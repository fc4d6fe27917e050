/** The page of licences, as who follows its link from the console's foot sees it. */
import assert from "node:assert/strict";
import { test } from "./scene.ts";

test("X6, X13: the licences are a page of their own, in the console's theme, clean for axe in both and at 200 %", async ({ visit }) => {
  for (const options of [{ theme: "light" }, { theme: "dark" }, { zoom: 2 }] as const) {
    await using visitor = await visit(options);
    const page = await visitor.go("/licenses");
    const theme = "theme" in options ? options.theme : "light";
    await page.locator(`html[data-theme=${theme}]`).waitFor({ state: "attached" });
    assert.deepEqual(await visitor.axe(), []);
    await visitor.picture("zoom" in options ? "licences-zoomed" : `licences-${theme}`);
    visitor.assertQuiet();
  }
});

test("the foot of every page leads to the licences, and a package's row to its text", async ({ visit }) => {
  await using visitor = await visit();
  const console = await visitor.go("/connections");
  await visitor.settled();
  await console.locator(".top [data-theme-button]").click();
  const opened = visitor.context.waitForEvent("page");
  await console.locator(".side .foot a", { hasText: "licences" }).click();
  const page = await opened;
  // The theme that was chosen by hand, not the system's.
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  await page.locator("tr", { hasText: "rustls-webpki" }).locator("a").first().click();
  const text = page.locator("section:target pre");
  assert.match(await text.innerText(), /Permission to use, copy, modify/);
  assert(await text.isVisible());
  // By keyboard too: what scrolls takes the focus, and shows that it has it.
  await page.reload();
  await page.keyboard.press("Tab");
  await page.locator("main:focus-visible").waitFor();
  await page.keyboard.press("End");
  const main = page.locator("main");
  await visitor.until("scrolled", () => main.evaluate((one) => one.scrollTop > one.clientHeight));
  visitor.assertQuiet();
});
