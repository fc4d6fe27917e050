import assert from "node:assert/strict";
import { idsIn, keepLedger, parseRequirements, printLedger, testNames } from "../../tools/requirements.ts";

const PROTOCOL = `
## 10. Limits
| DNA-99 | not a requirement, the wrong section | - | - |
## 11. Numbered requirements
### 11.1 DNA core
| ID | Rule | Source | Check |
| --- | --- | --- | --- |
| DNA-1 | first rule | D1 | x |
| DNA-2 | second rule | D1 | x |
### 11.5 DNS and DNSSEC
| DNS-12 | a rule | D1 | x |
## Appendix A
| DNA-77 | not one either | - | - |
`;
const REQUIREMENTS = parseRequirements(PROTOCOL);

Deno.test("requirements: the rows of section 11 and no others", () => {
  assert.deepEqual(REQUIREMENTS.map(({ id, section }) => [id, section]), [
    ["DNA-1", "11.1 DNA core"],
    ["DNA-2", "11.1 DNA core"],
    ["DNS-12", "11.5 DNS and DNSSEC"],
  ]);
});

Deno.test("requirements: the real protocol.md has 282 of them", async () => {
  const real = parseRequirements(await Deno.readTextFile(new URL("../../docs/protocol.md", import.meta.url)));
  assert.equal(real.length, 282);
  assert.equal(new Set(real.map(({ id }) => id)).size, 282);
});

const SOURCES: Record<string, [file: string, source: string, names: string[]]> = {
  "a call": ["a_test.ts", `Deno.test("DNA-1: x", () => {});`, ["DNA-1: x"]],
  "a call over two lines": ["a_test.ts", "Deno.test(\n  `DNA-1: ${x}`,\n  () => {});", ["DNA-1: ${x}"]],
  "a definition": ["a_test.ts", `Deno.test({\n  name: "DNA-1: x",\n});`, ["DNA-1: x"]],
  "a step": ["a_test.ts", `  await t.step("DNA-1: x", f);`, ["DNA-1: x"]],
  "a table of cases": ["a_test.ts", `const CASES = {\n  "DNA-1: x": [1],\n};`, ["DNA-1: x"]],
  "not what is ignored": ["a_test.ts", `Deno.test.ignore("DNA-1: x", () => {});`, []],
  "not a comment": ["a_test.ts", `// Deno.test("DNA-1: x")\n/* DNA-1 */`, []],
  "not an assertion": ["a_test.ts", `  assert.ok(x, "DNA-1");\n  assert.equal("DNA-1", x);`, []],
  "a test in Rust": ["a.rs", "#[test]\nfn dns_12_lies() {}\nfn dns_13_helper() {}", ["dns_12_lies"]],
  "an async test in Rust": ["a.rs", '#[tokio::test(flavor = "x")]\nasync fn dns_12_lies() {}', [
    "dns_12_lies",
  ]],
  "not one ignored in Rust": ["a.rs", "#[test]\n#[ignore]\nfn dns_12_lies() {}", []],
  "a test in Python": ["a.py", "def test_dns_12_lies():\n  pass", ["test_dns_12_lies"]],
};

for (const [name, [file, source, names]] of Object.entries(SOURCES)) {
  Deno.test(`requirements: names are found: ${name}`, () => {
    assert.deepEqual([...new Set(testNames(file, source))], names);
  });
}

Deno.test("requirements: ids are read in names of every language", () => {
  const families = new Set(["DNA", "DNS"]);
  assert.deepEqual(idsIn("DNA-21 DNS-2: A-34 is another tag, RFC-6120 too", families), ["DNA-21", "DNS-2"]);
  assert.deepEqual(idsIn("dns_12_dna_3", families), ["DNS-12", "DNA-3"]);
  assert.deepEqual(idsIn("XDNA-2 without 12_3", families), []);
});

Deno.test("requirements: an unknown id and a range are faults", () => {
  const faults = keepLedger(REQUIREMENTS, [
    { file: "a", name: "DNA-1: fine" },
    { file: "b", name: "DNA-55: what" },
    { file: "c", name: "DNA-1 to 2: no" },
    { file: "d", name: "DNA-1..DNA-2: no" },
  ]).faults;
  assert.deepEqual(faults.map((fault) => fault[0]), ["b", "c", "d"]);
});

Deno.test("requirements: the print names what is missing", () => {
  const text = printLedger(REQUIREMENTS, keepLedger(REQUIREMENTS, [{ file: "a", name: "DNA-2 DNS-12: x" }]));
  assert.match(text, /11\.1 DNA core +1 proven +1 not yet +2 total\n +missing: DNA-1\n/);
  assert.match(text, /all +2 proven +1 not yet +3 total$/);
});
