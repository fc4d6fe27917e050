/** Who is let in. console.md 6 X3. */
import assert from "node:assert/strict";
import { row, test } from "./scene.ts";

test("X3: without a session there is a helpful page; a token lets in, a wrong one does not", async ({ strange, place }) => {
  await using visitor = await strange();
  const page = await visitor.go("/routes");
  await page.locator("#token").waitFor();
  assert.match(await visitor.text("main"), /verona console/);
  await visitor.pictures("login");
  await page.fill("#token", "wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator(".trouble").waitFor();
  await page.fill("#token", place.token);
  await page.getByRole("button", { name: "Log in" }).click();
  await row(visitor, "other-sender.tld").waitFor();
  assert.equal(new URL(page.url()).pathname, "/routes");
});

test("X3: a log-in link lets in once, and its code stays in no address", async ({ strange, place }) => {
  await using visitor = await strange();
  const link = await place.stage.originating.logInLink();
  await visitor.page.goto(link);
  await visitor.page.waitForURL((url) => url.pathname === "/");
  assert.equal(new URL(visitor.page.url()).hash, "");
  await using other = await strange();
  await other.page.goto(link);
  await other.page.locator(".trouble").waitFor();
});
