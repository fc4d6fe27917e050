// Proofs about the oracle itself: it is total, agrees with the examples and the text of protocol.md 3.2,
// and keeps safety rules that are stated here without looking at its rules.

import assert from "node:assert/strict";
import {
  type Cell,
  cells,
  collapse,
  decide,
  describe,
  type Expected,
  expected,
  type Policy,
  type Rule,
  type Stage,
  table,
  type When,
} from "./oracle.ts";

const all: readonly Cell[] = [...cells()];
const answers = new Map<string, Expected>(all.map((cell) => [describe(cell), expected(cell)]));

function of(cell: Cell): Expected {
  const answer = answers.get(describe(cell));
  assert.ok(answer);
  return answer;
}

function yes(cell: Cell): boolean {
  const { result } = of(cell);
  return result === "granted" || result === "accepted";
}

function receiver(): Cell[] {
  return all.filter((cell) => cell.direction === "receiver");
}

function initiator(): Cell[] {
  return all.filter((cell) => cell.direction === "initiator");
}

/** 3.4: DANE applies only where the SRV answer, or the proof of its absence, is secure */
function daneApplies(cell: Cell): boolean {
  return cell.srv === "secure" || cell.srv === "none";
}

function signatureBroken(cell: Cell): boolean {
  return cell.srv === "bogus" || (daneApplies(cell) && cell.tlsa === "bogus");
}

function each(
  list: readonly Cell[],
  check: (cell: Cell, answer: Expected) => boolean,
  message: string,
): void {
  assert.ok(list.length > 0, `${message}: no cell to check`);
  for (const cell of list) {
    const answer = of(cell);
    assert.ok(check(cell, answer), `${message}: ${describe(cell)} -> ${answer.result} by ${answer.rule}`);
  }
}

Deno.test("totality: every one of the 6912 cells has exactly one expected result, every rule decides some cell", () => {
  assert.equal(all.length, 6912);
  assert.equal(answers.size, 6912);
  const used = new Set([...answers.values()].map((answer) => answer.rule));
  const rules = table.stages.flatMap((stage) => stage.rules.map((rule) => rule.id));
  assert.equal(new Set(rules).size, rules.length, "rule names are unique");
  assert.deepEqual([...used].sort(), [...rules].sort());
  const where = new Set(
    all.flatMap((cell) => JSON.stringify(collapse(cell)) === JSON.stringify(cell) ? [] : cell.cert),
  );
  assert.deepEqual([...where], ["none"], "only cells without a certificate collapse");
});

Deno.test("totality: a missing rule, a contradiction and an unknown value throw", () => {
  const cell = all.find((c) => c.direction === "receiver" && of(c).rule === "in-13");
  assert.ok(cell);
  const without = table.stages.map((stage): Stage => ({
    ...stage,
    rules: stage.rules.filter((rule) => rule.id !== "in-13"),
  }));
  assert.throws(() => decide(cell, without), /no rule/);
  const twice = table.stages.map((stage): Stage => ({ ...stage, rules: [...stage.rules, ...stage.rules] }));
  assert.throws(() => decide(cell, twice), /contradiction in-13, in-13/);
  assert.throws(() => decide({ ...cell, key: "wrong" as Cell["key"] }), /key has no value wrong/);
});

Deno.test("totality: the fields of a result belong together", () => {
  for (const cell of all) {
    const { result, prooftype, condition, errorType, asked, delivered } = of(cell);
    const text = describe(cell);
    assert.equal(cell.direction === "receiver", ["granted", "denied", "invalid"].includes(result), text);
    assert.equal(prooftype !== undefined, result === "granted" || result === "accepted", text);
    assert.equal(condition !== undefined && errorType !== undefined, result === "denied", text);
    assert.equal(delivered !== undefined, cell.direction === "initiator", text);
    if (prooftype === "posh") assert.ok(asked.posh, text);
  }
});

Deno.test("totality: the number of cells of every result", () => {
  const count: Record<string, number> = {};
  for (const cell of all) {
    const { result, prooftype } = of(cell);
    const name = `${cell.direction} ${prooftype ?? result}`;
    count[name] = (count[name] ?? 0) + 1;
  }
  assert.deepEqual(count, {
    "initiator dane": 360,
    "initiator dialback": 216,
    "initiator dialback-dnssec": 96,
    "initiator dna-srv": 36,
    "initiator pkix": 216,
    "initiator posh": 204,
    "initiator refused": 2328,
    "receiver dane": 252,
    "receiver denied": 1891,
    "receiver dialback": 96,
    "receiver dialback-dnssec": 100,
    "receiver dna-srv": 135,
    "receiver invalid": 196,
    "receiver pkix": 522,
    "receiver posh": 264,
  });
});

// ---- the text of the paper ----

const paper = await Deno.readTextFile(new URL("../../docs/protocol.md", import.meta.url));

function row(stage: Stage, rule: Rule): string {
  const when = Object.entries(rule.when).map(([name, values]) => `${name} ${values.join("/")}`).join("; ");
  const { result, prooftype, condition, errorType } = rule.then;
  const detail = prooftype ?? (condition === undefined ? undefined : `${condition}, ${errorType}`);
  const then = detail === undefined ? result : `${result} (${detail})`;
  const call = rule.callback === true ? ", callback" : "";
  return `| ${rule.id} | ${stage.name} | ${when} | ${then}${call} | ${rule.from} |`;
}

Deno.test("paper: section 3.2.1 and oracle.json are the same rules in the same order", () => {
  const rules = table.stages.flatMap((stage) => stage.rules.map((rule) => row(stage, rule)));
  const written = paper.split("\n").filter((line) => /^\| (in|out)-\d+ \|/.test(line));
  assert.deepEqual(written, rules);
});

Deno.test("paper: every decision that a rule names is explained, decisions are numbered through", () => {
  const text = JSON.stringify(table);
  const explained = paper.split("\n").flatMap((line) => /^\| (TF-\d+) \|/.exec(line)?.[1] ?? []);
  assert.deepEqual(explained, explained.map((_, i) => `TF-${i + 1}`));
  for (const name of text.match(/TF-\d+/g) ?? []) assert.ok(explained.includes(name), name);
});

interface Example {
  readonly line: string;
  readonly when: When;
  readonly authenticated: readonly string[];
  readonly encrypted: readonly string[];
}

const any = ["none", "sender", "srv-target", "other", "self-signed", "expired"];
const notBogus = ["secure", "insecure", "none"];

/** the ten rows of the matrix of 3.2, word by word, and what each says in the terms of the cells */
const examples: readonly Example[] = [
  {
    line:
      "| PKIX-valid, contains sender | any (not even asked; `strict`: any but bogus) | – | – | valid (pkix) | valid (pkix) |",
    when: { cert: ["sender"] },
    authenticated: ["pkix"],
    encrypted: ["pkix"],
  },
  {
    line: "| PKIX-valid, contains SRV target | secure | – | – | valid (dna-srv) | valid (dna-srv) |",
    when: { cert: ["srv-target"], srv: ["secure"] },
    authenticated: ["dna-srv"],
    encrypted: ["dna-srv"],
  },
  {
    line: "| PKIX-valid, contains SRV target | insecure | none | good | not-authorized | valid (dialback) |",
    when: { cert: ["srv-target"], srv: ["insecure"], tlsa: ["none"], posh: ["none"], key: ["good"] },
    authenticated: ["not-authorized"],
    encrypted: ["dialback"],
  },
  {
    line: "| self-signed | secure | TLSA 3 1 1 matches | – | valid (dane) | valid (dane) |",
    when: { cert: ["self-signed"], srv: ["secure"], tlsa: ["match"] },
    authenticated: ["dane"],
    encrypted: ["dane"],
  },
  {
    line: "| self-signed | insecure | POSH matches | – | valid (posh) | valid (posh) |",
    when: { cert: ["self-signed"], srv: ["insecure"], posh: ["match"] },
    authenticated: ["posh"],
    encrypted: ["posh"],
  },
  {
    line: "| self-signed | insecure | none | good | not-authorized | valid (dialback) |",
    when: { cert: ["self-signed"], srv: ["insecure"], tlsa: ["none"], posh: ["none"], key: ["good"] },
    authenticated: ["not-authorized"],
    encrypted: ["dialback"],
  },
  {
    line: "| none | any but bogus | not bogus | good | not-authorized | valid (dialback) |",
    when: { cert: ["none"], srv: notBogus, tlsa: ["none", "match", "mismatch"], key: ["good"] },
    authenticated: ["not-authorized"],
    // the row names the family; the prooftype of a secure way to the authoritative server is dialback-dnssec
    encrypted: ["dialback", "dialback-dnssec"],
  },
  {
    line: "| any other | bogus | – | good | not-authorized | not-authorized |",
    when: { cert: any.filter((cert) => cert !== "sender"), srv: ["bogus"], key: ["good"] },
    authenticated: ["not-authorized"],
    encrypted: ["not-authorized"],
  },
  {
    line:
      "| any without other proof | any but bogus | none | wrong | not-authorized | forbidden / `invalid` |",
    when: {
      cert: ["none", "other", "self-signed", "expired"],
      srv: notBogus,
      tlsa: ["none"],
      posh: ["none"],
      key: ["bad"],
    },
    authenticated: ["not-authorized"],
    encrypted: ["invalid"],
  },
  {
    line: "| none or unusable | any | none | empty | not-authorized | not-authorized |",
    when: {
      cert: ["none", "other", "self-signed", "expired"],
      tlsa: ["none"],
      posh: ["none"],
      key: ["none"],
    },
    authenticated: ["not-authorized"],
    encrypted: ["not-authorized"],
  },
];

function inside(when: When, cell: Cell): boolean {
  return Object.entries(when).every(([name, values]) => values.includes(cell[name as keyof Cell]));
}

Deno.test("paper: the oracle agrees with every row of the matrix of 3.2", () => {
  const start = paper.indexOf("Result matrix for an incoming request");
  assert.ok(start > 0);
  const lines = paper.slice(start).split("\n").filter((_, i, list) =>
    i < list.findIndex((line) => line.startsWith("###")) && list[i]?.startsWith("|")
  );
  assert.deepEqual(lines.slice(2, 2 + examples.length), examples.map((example) => example.line));
  for (const example of examples) {
    for (const policy of ["authenticated", "encrypted"] as const) {
      const list = receiver().filter((cell) => cell.policy === policy && inside(example.when, cell));
      each(list, (_, answer) => {
        const verdict = answer.prooftype ?? answer.condition ?? answer.result;
        return example[policy].includes(verdict);
      }, example.line);
    }
  }
  const strict = receiver().filter((cell) => cell.policy === "strict" && cell.cert === "sender");
  each(strict, (cell) => yes(cell) === !signatureBroken(cell), "row 1, the remark on strict");
});

/** named cases of other sections, as cells; the name last: the ledger counts tests of the server, not of its oracle */
const cases: readonly [Partial<Cell>, string, string][] = [
  [{ cert: "srv-target", srv: "secure", direction: "receiver" }, "dna-srv", "T1"],
  [{ srv: "insecure", direction: "receiver" }, "not-authorized", "T3"],
  [
    { cert: "other", srv: "insecure", key: "good", policy: "encrypted", direction: "receiver" },
    "dialback",
    "T9",
  ],
  [{ cert: "other", srv: "secure", direction: "initiator" }, "refused", "DNA-5"],
  [{ cert: "self-signed", srv: "secure", direction: "initiator" }, "refused", "DNA-6"],
  [{ cert: "sender", srv: "bogus", direction: "initiator" }, "refused", "DNA-8"],
  [{ cert: "srv-target", srv: "secure", direction: "receiver" }, "dna-srv", "DNA-21"],
  [{ cert: "srv-target", srv: "insecure", direction: "receiver" }, "not-authorized", "DNA-24"],
  [
    { cert: "srv-target", srv: "bogus", key: "good", policy: "encrypted", direction: "receiver" },
    "not-authorized",
    "DNA-25",
  ],
  [{ cert: "other", srv: "secure", direction: "receiver" }, "not-authorized", "DNA-26"],
  [{ cert: "srv-target", srv: "insecure", direction: "receiver" }, "not-authorized", "DNA-67"],
  [{ cert: "expired", srv: "secure", direction: "receiver" }, "not-authorized", "TLS-13"],
  [
    { cert: "self-signed", srv: "secure", tlsa: "match", direction: "initiator" },
    "dane",
    "DAN-3 self-signed",
  ],
  [{ cert: "expired", srv: "secure", tlsa: "match", direction: "initiator" }, "dane", "DAN-3 expired"],
  [{ cert: "other", srv: "secure", tlsa: "match", direction: "initiator" }, "dane", "DAN-3 wrong name"],
  [{ cert: "srv-target", srv: "secure", tlsa: "mismatch", direction: "initiator" }, "refused", "DAN-4"],
  [{ cert: "srv-target", srv: "secure", tlsa: "bogus", direction: "initiator" }, "refused", "DAN-6"],
  [{ cert: "self-signed", srv: "secure", tlsa: "match", direction: "receiver" }, "dane", "DAN-9"],
  [{ cert: "sender", srv: "secure", tlsa: "mismatch", direction: "receiver" }, "pkix", "DAN-10"],
  [{ cert: "expired", srv: "insecure", posh: "match", direction: "receiver" }, "not-authorized", "PSH-8"],
  [{ srv: "insecure", key: "good", policy: "encrypted", direction: "receiver" }, "dialback", "DB-3"],
  [{ srv: "insecure", key: "bad", policy: "encrypted", direction: "receiver" }, "invalid", "DB-4"],
  [{ cert: "expired", srv: "secure", key: "good", direction: "receiver" }, "not-authorized", "DB-11"],
];

Deno.test("paper: the oracle agrees with the traces and the numbered requirements", () => {
  for (const [some, want, name] of cases) {
    const cell: Cell = {
      cert: "none",
      srv: "secure",
      tlsa: "none",
      posh: "none",
      key: "none",
      policy: "authenticated",
      direction: "receiver",
      ...some,
    };
    const answer = of(cell);
    assert.equal(answer.prooftype ?? answer.condition ?? answer.result, want, name);
  }
});

// ---- safety, stated without the rules ----

const order: readonly Policy[] = ["strict", "authenticated", "encrypted", "legacy"];

Deno.test("safety: what a policy grants every weaker policy grants", () => {
  for (const cell of all) {
    const weaker = order.slice(order.indexOf(cell.policy) + 1);
    if (!yes(cell)) continue;
    for (const policy of weaker) assert.ok(yes({ ...cell, policy }), `${describe(cell)} but not ${policy}`);
  }
});

Deno.test("safety: a prooftype is named only where its material is there and its policy accepts it", () => {
  for (const cell of all.filter(yes)) {
    const text = describe(cell);
    const { prooftype } = of(cell);
    const weak = cell.policy === "encrypted" || cell.policy === "legacy";
    const names: Record<string, boolean> = {
      pkix: cell.cert === "sender",
      "dna-srv": cell.cert === "srv-target" && cell.srv === "secure",
      dane: cell.cert !== "none" && daneApplies(cell) && cell.tlsa === "match",
      posh: cell.cert !== "none" && cell.cert !== "expired" && cell.posh === "match",
      "dialback-dnssec": weak && daneApplies(cell) && (cell.direction === "initiator" || cell.key === "good"),
      dialback: weak && cell.srv === "insecure" && (cell.direction === "initiator" || cell.key === "good"),
    };
    assert.equal(names[prooftype ?? ""], true, `${text} -> ${prooftype}`);
  }
});

Deno.test("safety: a bogus SRV leads to a grant by pkix only, never under strict, never outwards", () => {
  const bogus = all.filter((cell) => cell.srv === "bogus");
  each(
    bogus.filter(yes),
    (cell, answer) =>
      answer.prooftype === "pkix" && cell.policy !== "strict" && cell.direction === "receiver",
    "bogus SRV",
  );
  each(bogus, (_, answer) => !answer.asked.callback, "bogus SRV, callback");
});

Deno.test("safety: strict says yes to nothing while a signature is broken", () => {
  each(
    all.filter((cell) => cell.policy === "strict" && signatureBroken(cell)),
    (cell) => !yes(cell),
    "strict",
  );
});

Deno.test("safety: over a bogus TLSA only what needs no TLSA is granted, and nothing is asked back", () => {
  const bogus = all.filter((cell) => daneApplies(cell) && cell.tlsa === "bogus");
  each(
    bogus.filter(yes),
    (cell, answer) =>
      cell.direction === "receiver" && (answer.prooftype === "pkix" || answer.prooftype === "dna-srv"),
    "bogus TLSA",
  );
  each(bogus, (_, answer) => !answer.asked.callback, "bogus TLSA, callback");
});

Deno.test("safety: breaking a signature never helps", () => {
  for (const cell of all) {
    if (!yes(cell)) continue;
    if (cell.srv === "bogus") {
      for (const srv of ["secure", "insecure", "none"] as const) {
        // requests only: outwards nothing is accepted over a bogus SRV
        assert.ok(yes({ ...cell, srv, tlsa: "none" }), `${describe(cell)} but not srv=${srv}`);
      }
    }
    if (cell.tlsa === "bogus") assert.ok(yes({ ...cell, tlsa: "none" }), describe(cell));
  }
});

Deno.test("safety: a peer that shows nothing gets nothing", () => {
  const bare = all.filter((cell) => cell.cert === "none");
  each(bare.filter((cell) => cell.key !== "good"), (cell) => !yes(cell), "no certificate, no good key");
  each(
    bare.filter((cell) => cell.direction === "initiator"),
    (cell) => !yes(cell),
    "server without certificate",
  );
});

Deno.test("safety: a certificate that proves nothing and no record for it is never enough for authenticated", () => {
  each(
    all.filter((cell) =>
      (cell.policy === "strict" || cell.policy === "authenticated") &&
      cell.cert !== "sender" && !(cell.cert === "srv-target" && cell.srv === "secure") &&
      cell.tlsa !== "match" && cell.posh !== "match"
    ),
    (cell) => !yes(cell),
    "unproven",
  );
});

Deno.test("safety: usable TLSA that do not match refuse the endpoint under every policy", () => {
  each(
    initiator().filter((cell) => daneApplies(cell) && (cell.tlsa === "mismatch" || cell.tlsa === "bogus")),
    (_, answer) => answer.result === "refused",
    "TLSA outwards",
  );
});

Deno.test("safety: a mismatch never counts as more than an absence", () => {
  for (const cell of all) {
    if (cell.posh === "mismatch") assert.deepEqual(of(cell), of({ ...cell, posh: "none" }), describe(cell));
    if (cell.tlsa !== "mismatch") continue;
    if (cell.direction === "receiver" || !daneApplies(cell)) {
      assert.deepEqual(of(cell), of({ ...cell, tlsa: "none" }), describe(cell));
    }
  }
});

Deno.test("safety: an insecure or bogus SRV makes the TLSA records worthless", () => {
  for (const cell of all.filter((c) => !daneApplies(c))) {
    assert.deepEqual(of(cell), of({ ...cell, tlsa: "none" }), describe(cell));
  }
});

Deno.test("safety: an expired certificate proves nothing but a key pinned in DNSSEC", () => {
  each(
    all.filter((cell) => cell.cert === "expired" && yes(cell)),
    (_, answer) => ["dane", "dialback", "dialback-dnssec"].includes(answer.prooftype ?? ""),
    "expired",
  );
});

Deno.test("safety: nothing is called back without need, under strict and authenticated never", () => {
  each(
    all.filter((cell) => of(cell).asked.callback),
    (cell) =>
      cell.direction === "receiver" && cell.key !== "none" &&
      (cell.policy === "encrypted" || cell.policy === "legacy") && !signatureBroken(cell),
    "callback",
  );
  each(receiver(), (cell, answer) => {
    const dialback = answer.prooftype === "dialback" || answer.prooftype === "dialback-dnssec";
    const settled = dialback || answer.result === "invalid";
    return answer.asked.callback === settled &&
      (answer.result === "invalid") === (settled && cell.key === "bad");
  }, "callback and verdict");
});

Deno.test("safety: a key neither adds to nor takes from another proof", () => {
  for (const cell of receiver()) {
    const others = (["none", "good", "bad"] as const).map((key) => of({ ...cell, key }));
    if (of(cell).asked.callback) continue;
    if (cell.key === "none" && others.some((answer) => answer.asked.callback)) continue;
    for (const answer of others) assert.deepEqual(answer, of(cell), describe(cell));
  }
  for (const cell of initiator()) {
    const { delivered: _, ...answer } = of({ ...cell, key: "none" });
    const { delivered, ...same } = of(cell);
    assert.deepEqual(same, answer, describe(cell));
    assert.equal(delivered, same.result === "accepted" && cell.key === "good", describe(cell));
  }
});

Deno.test("safety: strict differs from authenticated only over a broken signature; legacy over TLS is encrypted", () => {
  const outcome = (cell: Cell) => {
    const { rule: _rule, ...rest } = of(cell);
    return rest;
  };
  for (const cell of all) {
    if (cell.policy === "strict" && !signatureBroken(cell)) {
      assert.deepEqual(outcome(cell), outcome({ ...cell, policy: "authenticated" }), describe(cell));
    }
    if (cell.policy === "legacy") {
      assert.deepEqual(outcome(cell), outcome({ ...cell, policy: "encrypted" }), describe(cell));
    }
  }
});

Deno.test("safety: we are not choosier with our own requests than the peer's proofs, nor laxer", () => {
  // what proves a domain to us as receiver proves it as initiator, except where outgoing rules are stricter:
  // TLSA decide alone, DNS that is bogus ends the attempt
  for (const cell of receiver()) {
    if (signatureBroken(cell) || cell.cert === "none") continue;
    const here = of(cell).prooftype;
    if (here === undefined || here.startsWith("dialback")) continue;
    const out = of({ ...cell, direction: "initiator" });
    if (daneApplies(cell) && cell.tlsa === "mismatch") assert.equal(out.result, "refused", describe(cell));
    else if (daneApplies(cell) && cell.tlsa === "match") assert.equal(out.prooftype, "dane", describe(cell));
    else assert.equal(out.prooftype, here, describe(cell));
  }
});

// ---- a second formulation, from the tables 3.1, 3.2 (policy) and 5.7 instead of the order of rules ----

/** what would prove the peer if nothing were broken and every policy accepted it, in the order of 3.2 */
function proofs(cell: Cell): string[] {
  const shown = cell.cert !== "none";
  const dane = shown && daneApplies(cell) && cell.tlsa === "match";
  const list: string[] = [];
  if (cell.direction === "initiator" && dane) list.push("dane");
  if (cell.cert === "sender") list.push("pkix");
  if (cell.cert === "srv-target" && cell.srv === "secure") list.push("dna-srv");
  if (dane) list.push("dane");
  if (shown && cell.cert !== "expired" && cell.posh === "match") list.push("posh");
  if (cell.direction === "initiator" || cell.key !== "none") {
    list.push(cell.srv === "insecure" ? "dialback" : "dialback-dnssec");
  }
  return list;
}

const accepts: Record<Policy, readonly string[]> = {
  strict: ["dane", "dna-srv", "pkix", "posh"],
  authenticated: ["dane", "pkix", "dna-srv", "posh"],
  encrypted: ["dane", "pkix", "dna-srv", "posh", "dialback-dnssec", "dialback"],
  legacy: ["dane", "pkix", "dna-srv", "posh", "dialback-dnssec", "dialback"],
};

function survives(prooftype: string, cell: Cell): boolean {
  if (!signatureBroken(cell)) return true;
  if (cell.policy === "strict" || cell.direction === "initiator") return false;
  return prooftype === "pkix" || (prooftype === "dna-srv" && cell.srv !== "bogus");
}

function second(cell: Cell): string {
  const out = cell.direction === "initiator";
  const best = proofs(cell).find((name) => accepts[cell.policy].includes(name) && survives(name, cell));
  if (out) {
    const pinned = daneApplies(cell) && (cell.tlsa === "match" || cell.tlsa === "mismatch");
    return cell.cert === "none" || best === undefined || (pinned && best !== "dane") ? "refused" : best;
  }
  if (best === undefined) return "not-authorized";
  return best.startsWith("dialback") && cell.key === "bad" ? "invalid" : best;
}

Deno.test("second formulation: the same answer for every cell", () => {
  for (const cell of all) {
    const answer = of(cell);
    assert.equal(answer.prooftype ?? answer.condition ?? answer.result, second(cell), describe(cell));
  }
});
