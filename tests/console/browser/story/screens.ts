// deno-lint-ignore-file no-explicit-any
/** Every screen: nothing that axe finds, everything by keyboard, and a picture of each. console.md 6 X6, X12, X13. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const document: any;

const SCREENS: Readonly<Record<string, string>> = {
  overview: "/",
  connections: "/connections",
  connection: "/connections/c-1",
  "connection-sequence": "/connections/c-1?tab=sequence",
  "connection-proofs": "/connections/c-1?tab=proofs",
  "connection-context": "/connections/c-1?tab=context",
  "connection-counters": "/connections/c-1?tab=counters",
  routes: "/routes",
  route: "/routes/sender.tld/target.tld",
  explain: "/routes/sender.tld/bogus.tld?tab=why",
  "route-proof": "/routes/sender.tld/bogus.tld?tab=proof",
  trace: "/trace",
  proofs: "/proofs",
  failures: "/failures",
  why: "/failures/dns.bogus~bogus.tld~out",
  check: "/check?to=target.tld",
  machines: "/machines",
  machine: "/machines/proof",
  log: "/log",
};

for (const theme of ["light", "dark"] as const) {
  test(`X6, X13: axe finds nothing on any screen, and each has its picture: ${theme}`, async ({ visit }) => {
    await using visitor = await visit({ theme });
    const found: string[] = [];
    for (const [name, path] of Object.entries(SCREENS)) {
      await visitor.go(path);
      await visitor.settled();
      found.push(...(await visitor.axe()).map((violation) => `${name}: ${violation}`));
      await visitor.picture(`${name}-${theme}`);
    }
    assert.deepEqual(found, []);
    visitor.assertQuiet();
  });
}

test("X6: axe finds nothing at 200 % zoom", async ({ visit }) => {
  await using visitor = await visit({ zoom: 2 });
  const found: string[] = [];
  for (const [name, path] of Object.entries(SCREENS)) {
    await visitor.go(path);
    await visitor.settled();
    found.push(...(await visitor.axe()).map((violation) => `${name}: ${violation}`));
    await visitor.picture(`${name}-zoomed`);
  }
  assert.deepEqual(found, []);
});

/** What has the focus at no time while one goes through the page by Tab; rows of a table are gone over by j and k. */
async function unreached(page: Page): Promise<string[]> {
  const wanted = "a[href], button, input, select, [role=listbox], [role=log]";
  const most = await page.evaluate((wanted) => {
    const seen = (document.unreached = new Set(
      [...document.querySelectorAll(wanted)].filter((one: any) =>
        !one.disabled && one.checkVisibility() && one.closest(".grid-row") === null
      ),
    ));
    document.addEventListener("focusin", ({ target }: any) => seen.delete(target));
    document.activeElement?.blur();
    return 3 * seen.size + 20;
  }, wanted);
  for (let n = 0; n < most; n++) {
    await page.keyboard.press("Tab");
    if (n % 10 === 9 && await page.evaluate(() => document.unreached.size === 0)) break;
  }
  // What has been drawn anew meanwhile is another one.
  return await page.evaluate(() =>
    [...document.unreached].filter((one: any) => one.isConnected).map((one: any) =>
      one.outerHTML.slice(0, 120)
    )
  );
}

test("X12: every link, button and field of every screen has a name and is reached by Tab", async ({ visit }) => {
  await using visitor = await visit();
  for (const [name, path] of Object.entries(SCREENS)) {
    const page = await visitor.go(path);
    await visitor.settled();
    const nameless = await page.locator("a, button, input, select, [role=tab], [role=listbox]").evaluateAll((
      all,
    ) =>
      all.filter((one) => {
        const label = one.getAttribute("aria-label") ||
          (one.id && document.querySelector(`label[for='${one.id}']`)?.textContent) ||
          one.closest("label")?.textContent || one.textContent;
        return (label ?? "").trim() === "" && one.textContent!.trim() === "";
      }).map((one) => one.outerHTML.slice(0, 120))
    );
    assert.deepEqual(nameless, [], name);
    const lost = await unreached(page);
    assert.deepEqual(lost, [], name);
  }
});
