/** The line of a mistake and the marks under it. console.md 3.4. */
import assert from "node:assert/strict";
import { parseConfig } from "../../config/load.ts";
import type { Mistake } from "../../config/mistakes.ts";

const mistakes = (text: string): readonly Mistake[] =>
  parseConfig(text, { env: {}, readText: () => "" }).mistakes;
const of = (text: string, key: string) => mistakes(text).find((one) => one.key === key)!;

Deno.test("excerpt: the key is marked; where it is missing, its table; what no line shows has none", () => {
  const text = '[server]\n\tnams = 5\n[[certificate]]\nchain = "c.pem"\n[[certificate]]\n';
  assert.deepEqual(of(text, "server.nams"), {
    line: 2,
    column: 2,
    key: "server.nams",
    message: 'is not a key of Verona; did you mean "names"?',
    excerpt: [" nams = 5", " ^^^^"],
  });
  assert.deepEqual(of(text, "certificate.1.key").excerpt, ["[[certificate]]", "  ^^^^^^^^^^^"]);
  const [nowhere] = parseConfig("", { env: {}, readText: () => "" }).mistakes;
  assert.deepEqual([nowhere!.line, nowhere!.column, nowhere!.excerpt], [null, null, null]);
});

Deno.test("excerpt: what is no TOML is marked where reading stopped, under wide and joined letters too", () => {
  assert.deepEqual(of("[server]\nnames = [=]\n", "TOML").excerpt, ["names = [=]", "         ^"]);
  // Each of 例えば takes two columns, the accent none.
  const wide = of('[server]\nnames = ["例えば", "e\u0301", =]\n', "TOML");
  assert.deepEqual([wide.excerpt![1].length - 1, wide.column], [24, 23]);
  for (const end of ["\r\n", "\n"]) {
    assert.equal(of(`[server]${end}names = =${end}`, "TOML").excerpt![0], "names = =");
  }
});

Deno.test("excerpt: of a long line what is around the place, and the mark is under it", () => {
  const text = `[server]\nnames = ["${"a".repeat(500)}", =, "${"b".repeat(500)}"]\n`;
  const [line, marks] = of(text, "TOML").excerpt!;
  assert.match(line, /^….*….*$/);
  assert.ok(line.length <= 78);
  assert.equal(line[marks.indexOf("^")], "=");
});

const CANARY = "hunter2";
/** Each has a mistake at or beside a secret. */
const SECRETS: readonly [what: string, text: string][] = [
  ["a value of the wrong type", `[[domain]]\nname = "a.example"\ncomponent_secret = ["${CANARY}"]`],
  ["a key spelt wrong", `[[domain]]\nname = "a.example"\ncomponent_sercet = "${CANARY}"`],
  ["a key that only means one", `[[domain]]\nname = "a.example"\npassword = "${CANARY}"`],
  ["an inline table", `domain = [{ name = "-a-", component_secret = "${CANARY}" }]`],
  ["beside the file of one", `domain = [{ component_secret_file = "f", component_secret = "${CANARY}" }]`],
  ["no end of the text", `[[domain]]\ncomponent_secret = "${CANARY}`],
  ["no equals sign", `[[domain]]\ncomponent_secret "${CANARY}"`],
  ["several lines", `[[domain]]\ncomponent_secret = """\n${CANARY}\\q\n"""`],
  ["a list of several lines", `[[domain]]\ncomponent_secret = [\n"${CANARY}" = 1]`],
];

for (const [what, text] of SECRETS) {
  Deno.test(`excerpt: no secret is shown: ${what}`, () => {
    const found = mistakes(text);
    assert.ok(found.some(({ excerpt }) => excerpt !== null));
    assert.doesNotMatch(JSON.stringify(found), new RegExp(CANARY));
  });
}

Deno.test("excerpt: the name of a secret's file is none, though what is said of it speaks of a secret", () => {
  const text = '[[domain]]\nname = "a.example"\ncomponent_secret_file = 5\n';
  assert.equal(of(text, "domain.0.component_secret_file").excerpt![0], "component_secret_file = 5");
  const line = 'component_secret_file = "secrets/a.example"';
  const unreadable = {
    env: {},
    readText(path: string): string {
      throw new Error(`no ${path}`);
    },
  };
  const server = '[server]\nnames = ["m.example"]\n[[certificate]]\nchain = "c"\nkey = "k"\n[[domain]]\n';
  const { mistakes } = parseConfig(`${server}name = "a.example"\n${line}\n`, unreadable);
  const found = mistakes.find(({ key }) => key === "domain.0.component_secret_file")!;
  assert.match(found.message, /put into it the secret/);
  assert.deepEqual(found.excerpt, [line, "^".repeat("component_secret_file".length)]);
});

Deno.test("excerpt: beside the path of one a secret stays hidden, and so does one whose key is spelt nearly so", () => {
  for (
    const line of [
      `component_secret_fiel = "${CANARY}"`,
      `component_sekret = "${CANARY}"`,
      `component_secret_file = "f" # component_secret = "${CANARY}"`,
      `component_secret_file = 5 # the secret is ${CANARY}`,
    ]
  ) {
    const found = mistakes(`[[domain]]\nname = "a.example"\n${line}\n`);
    assert.ok(found.some(({ excerpt }) => excerpt !== null), line);
    assert.doesNotMatch(JSON.stringify(found), new RegExp(CANARY), line);
  }
  const inline =
    `domain = [{ name = "a.example", component_secret_file = "f", component_secret = "${CANARY}" }]`;
  const both = parseConfig(inline, { env: {}, readText: () => "" }).mistakes;
  assert.doesNotMatch(JSON.stringify(both), new RegExp(CANARY));
});
