/** The checks that the console was designed by, walked: each stands in the name of a test that proves it. console.md 6. */
import assert from "node:assert/strict";

/** What an operator wants to see, by its number. */
const CHECKS: Readonly<Record<string, string>> = {
  A1: "totals are those of the tables",
  A2: "a federation that opens raises Connections without a reload",
  A3: "a denial needs attention, and has a why",
  A4: "DEGRADED without a resolver, and back",
  A5: "charts as tables",
  A6: "a quiet server says so",
  A7: "each tile leads to the list that it counts",
  A8: "no other origin is asked, no policy broken",
  B1: "id, server names and delegated names in a row",
  B2: "a name that is granted appears in its row",
  B3: "filter, count, facets and address agree",
  B4: "10,000 rows, at most 60 in the document",
  B5: "sorted, and stable while updates arrive",
  B6: "filter and rows by keyboard",
  B7: "closed connections with their cause",
  B8: "hostile names are text",
  B9: "no match, and the way back",
  B10: "the grid says its length; axe",
  B11: "a filter delays no handshake",
  C1: "the ordered connections are the server's own",
  C2: "the second connection moves up",
  C3: "countdown and attempt of a pair that waits",
  C4: "100,000 pairs",
  C5: "a pair's own statechart",
  C6: "links both ways",
  C7: "a proof that ends: looked at again, then up or down",
  C8: "the queue empties",
  "D1.1": "active states are the actor's own",
  "D1.2": "the last edge is hot, and only it",
  "D1.3": "scrubber and address give the same view",
  "D1.4": "the past stays while the present goes on",
  "D1.5": "failure edges",
  "D1.6": "reconnecting, and a history that was cut",
  "D1.7": "never a wrong chart",
  "D1.8": "readable at 1440 x 900, nothing overlaps",
  "D1.9": "by keyboard",
  "D1.10": "without motion",
  "D2.1": "the demo's way in order",
  "D2.2": "a denial is red and dashed",
  "D2.3": "what is inside TLS",
  "D2.4": "times and silences",
  "D2.5": "one selection in both views",
  "D2.6": "no body, no key",
  "D2.7": "as Mermaid",
  "D2.8": "long names",
  "D3.1": "a chain for each granted name",
  "D3.2": "as BIND's tools say",
  "D3.3": "the link that breaks, and only it",
  "D3.4": "an insecure delegation is no error",
  "D3.5": "aliases and wildcards",
  "D3.6": "valid until the earliest end",
  "D3.7": "past its end",
  "D3.8": "a command that runs",
  E1: "cause, stage and owner of twelve faults",
  E2: "the same cause everywhere",
  E3: "a report without secrets",
  E4: "recovered after Check now",
  E5: "Check now is the operator's",
  E6: "no cause is unknown",
  X1: "without a network",
  X2: "fourteen pages",
  X3: "other origins, hosts, tokens, methods",
  X4: "no console off loopback without TLS",
  X5: "the canary",
  X6: "axe everywhere",
  X7: "a flood",
  X8: "who never reads is cut",
  X9: "a recorder that throws stops nothing",
  X10: "the same bytes from every build",
  X11: "what is committed is what is built",
  X12: "everything by keyboard, everything named",
  X13: "a picture of each screen",
};

/** Of the server: no browser is needed to see them, so other tests do. */
const ELSEWHERE = ["B11", "X4", "X8", "X9", "X10", "X11"];

const TESTS = new URL("../", import.meta.url);
const NAME = /(?:\btest\(|\bname:)\s*(?:"([^"\n]+)"|`([^`]+)`)/g;
const ID = /\b(?:[ABCEX]\d{1,2}|D[123]\.\d{1,2})\b/g;

/** Paths below tests/ by the check that a test's name has. */
async function named(folder = TESTS): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      for (const [id, paths] of await named(new URL(`${name}/`, folder))) {
        found.set(id, (found.get(id) ?? new Set()).union(paths));
      }
    } else if (name.endsWith(".ts")) {
      const url = new URL(name, folder), path = url.pathname.slice(TESTS.pathname.length);
      for (const [, plain, template] of (await Deno.readTextFile(url)).matchAll(NAME)) {
        for (const [id] of (plain ?? template)!.matchAll(ID)) {
          found.set(id, (found.get(id) ?? new Set()).add(path));
        }
      }
    }
  }
  return found;
}

Deno.test("every check of the console stands in the name of a test that proves it, in a real browser where it is of the page", async () => {
  const found = await named();
  const isSeen = (id: string) => {
    const paths = [...found.get(id) ?? []];
    return ELSEWHERE.includes(id)
      ? paths.length > 0
      : paths.some((path) => path.startsWith("console/browser/"));
  };
  const missing = Object.entries(CHECKS).filter(([id]) => !isSeen(id)).map(([id, what]) => `${id} ${what}`);
  assert.deepEqual(missing, []);
  // A file of browser tests speaks of no check that there is not.
  const browser = [...found].filter(([, paths]) => [...paths].some((path) => path.startsWith("console/")));
  assert.deepEqual(browser.map(([id]) => id).filter((id) => !(id in CHECKS)), []);
});
