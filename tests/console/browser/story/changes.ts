// deno-lint-ignore-file no-explicit-any
/** What happens while somebody looks. */
import assert from "node:assert/strict";
import { JULIET } from "../../../../demo/witness.ts";
import { row, test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const document: any;

test("what changes on the server changes in the tables, without a reload", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes");
  await row(visitor, "other-sender.tld").waitFor();
  await page.evaluate(() => (document.body.dataset.marked = "yes"));
  const revoked = await fetch(`${place.origin}/api/v1/routes/other-sender.tld/target.tld/revoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${place.token}`, "content-type": "application/json" },
    body: '{"block":"1s"}',
  });
  assert.equal(revoked.status, 200, await revoked.text());
  await visitor.until(
    "the pair is not authorised any more",
    async () => !/authorised/.test(await row(visitor, "other-sender.tld").innerText()),
  );
  await place.stage.nurse.say("nurse", JULIET, crypto.randomUUID(), "again");
  assert.equal(await page.evaluate(() => document.body.dataset.marked), "yes");
  visitor.assertQuiet();
});
