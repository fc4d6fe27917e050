/** What an operator sets by command: in force at once, after SIGHUP, after a restart, and shown with whose word it is. docs/decisions/0180. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { VeronaServer } from "../harness/verona.ts";
import { Component } from "../peer/component.ts";
import { request } from "../peer/stream.ts";
import { type Ended, verona } from "./verona.ts";

const PIPED = "piped-secret-canary";

/** Commands of an operator beside the server of `stage`. */
function operator(stage: Stage) {
  const config = ["--config", `${stage.directory}/verona.toml`];
  const run = (words: readonly string[], stdin?: string): Promise<Ended> =>
    verona([...words, ...config], stdin === undefined ? {} : { stdin });
  const good = async (words: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(words, stdin);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  return { run, good };
}

/** A name, whose word it is, whether it is suspended: as `domains list` says. */
async function hosted(stage: Stage): Promise<[string, string, boolean, string][]> {
  const { domains } = JSON.parse(await operator(stage).good(["domains", "list", "removed:no", "--json"]));
  return domains.map((
    { name, origin, suspended, policy }: Record<string, string>,
  ) => [name, origin, suspended, policy])
    .sort();
}

async function restarted(stage: Stage): Promise<VeronaServer> {
  assert.equal(await stage.server.stop(), 0);
  return await VeronaServer.start(stage.directory, stage.server.settings);
}

Deno.test("run time by command: add with the secret on standard input, suspend, resume, remove, policy: after SIGHUP and a restart the same", async () => {
  await using stage = await Stage.open({ domains: ["third.example"] });
  const { good, run } = operator(stage);
  await good(["domains", "add", "piped.example", "--secret-file", "-", "--proof", "strict"], `${PIPED}\n`);
  const nothing = await run(["domains", "add", "x.example", "--secret-file", "-"], "");
  assert.deepEqual([nothing.code, nothing.stderr.includes("standard input holds no secret")], [2, true]);
  await good(["domains", "suspend", "third.example"]);
  await good(["domains", "suspend", "target.example"]);
  await good(["domains", "resume", "target.example"]);
  await good(["domains", "remove", "other-target.example"]);
  assert.equal((await run(["domains", "remove", "other-target.example"])).code, 2);
  await good(["policy", "sender.example", "strict"]);
  await good(["policy", "old.example", "encrypted"]);
  await good(["policy", "old.example", "default"]);
  assert.equal((await run(["policy", "old.example", "default"])).code, 2);

  const wanted = [
    ["piped.example", "run time", false, "strict"],
    ["target.example", "file", false, "authenticated"],
    ["third.example", "file", true, "authenticated"],
  ];
  const check = async (server: VeronaServer) => {
    assert.deepEqual(await hosted(stage), wanted);
    const text = await good(["domains", "list", "removed:yes"]);
    assert.match(text, /^other-target\.example +none +authenticated +file, removed at run time +/m);
    assert.match(await good(["domains", "list"]), /^other-target\.example /m);
    assert.match(text, /^1 of \d+ domains$/m);
    await using _piped = await Component.attach(
      server.components,
      "piped.example",
      PIPED,
      server.components.host,
    );
    await using third = await server.component("third.example");
    third.say("nurse", "romeo@sender.example", "m1");
    assert.match((await third.message({ id: "m1", type: "error" })).raw, /<not-allowed /);
    const shown = JSON.parse(
      await good(["config", "show", "--effective", "target.example", "sender.example", "--json"]),
    );
    const proof = shown.settings.find(({ key }: { key: string }) => key === "proof");
    assert.deepEqual([proof.value, proof.at], ["strict", 'run time, policy of "sender.example"']);
  };
  await check(stage.server);
  // A reload by signal, of a file that knows one domain more and says something else of the peer.
  const settings = {
    ...stage.server.settings,
    policy: { peer: { "sender.example": { proof: "legacy" } } },
    domain: [...stage.server.settings.domain!, { name: "fourth.example" }],
  };
  await stage.server.reload(settings);
  wanted.splice(0, 0, ["fourth.example", "file", false, "authenticated"]);
  await check(stage.server);
  await using again = await restarted(stage);
  wanted.splice(0, 1); // the file is what it was at the first start
  await check(again);
  const { audit } = await again.api("/audit");
  assert.ok(audit.length >= 9, "the audit log is the same after a restart");
  for (const line of again.log) assert.ok(!line.text.includes(PIPED));
});

Deno.test("run time by command: a domain without a secret is hosted with the warning of config check, and so by the API", async () => {
  await using stage = await Stage.open();
  const text = await operator(stage).good(["domains", "add", "nosecret.example"]);
  assert.match(
    text,
    /^warning: \[\[domain\]\] "nosecret\.example" has no component_secret[^\n]*no component can be there.*\nnosecret\.example is hosted\n$/,
  );
  const { warnings } = await stage.server.api("/domains/nosecret.example", "PUT", { policy: "legacy" });
  assert.deepEqual(warnings.map(({ key }: { key: string }) => key), [
    '[[domain]] "nosecret.example" policy.proof',
    '[[domain]] "nosecret.example"',
  ]);
  const whole = await stage.server.api("/domains/nosecret.example", "PUT", { component_secret: "s" });
  assert.deepEqual(whole, { name: "nosecret.example", warnings: [] });
});

Deno.test("run time by command: policy alone lists what single peers must prove, whose word that is and since when", async () => {
  const peer = { "both.example": { proof: "legacy" }, "file.example": { proof: "strict" } };
  await using stage = await Stage.open({ settings: { policy: { peer } } });
  const { good, run } = operator(stage);
  await good(["policy", "both.example", "encrypted"]);
  await good(["policy", "new.example", "strict"]);
  const { policies, total } = JSON.parse(await good(["policy", "--json"]));
  const rows = policies.map(({ since, ...row }: { since: string | null }) => ({
    ...row,
    dated: since !== null,
  }));
  assert.equal(total, 3);
  assert.deepEqual(rows, [
    { remote: "both.example", proof: "encrypted", origin: "run time", inFile: "legacy", dated: true },
    { remote: "file.example", proof: "strict", origin: "file", inFile: "strict", dated: false },
    { remote: "new.example", proof: "strict", origin: "run time", inFile: null, dated: true },
  ]);
  assert.match(await good(["policy"]), /^new\.example +strict +run time +nothing +\d{4}-.*Z$/m);
  // It is not the audit log's to know: that one is bounded, and may be moved away.
  assert.equal(await stage.server.stop(), 0);
  await Deno.remove(`${stage.directory}/data/audit.db`);
  await using _again = await VeronaServer.start(stage.directory, stage.server.settings);
  assert.deepEqual(JSON.parse(await good(["policy", "--json"])).policies, policies);
  assert.equal((await run(["policy", "new.example"])).code, 2);
  await good(["policy", "new.example", "default"]);
  assert.equal(JSON.parse(await good(["policy", "--json"])).total, 2);
});

Deno.test("run time by command: a pair is looked at afresh; one that waits after a failure is tried again", async () => {
  await using stage = await Stage.open();
  const { good, run } = operator(stage);
  await stage.initiateWith();
  assert.match(await good(["recheck", "target.example", "sender.example"]), /proofs looked at afresh: 1$/m);
  await stage.server.told({ event: "proof.rechecked", domain: "sender.example", outcome: "held" });
  assert.equal((await run(["recheck", "target.example", "nobody.example"])).code, 2);
  // bogus.example waits: its zone is mended, and the operator does not want to wait.
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@bogus.example", "m1");
  await juliet.message({ id: "m1", type: "error" });
  const since = stage.server.log.length;
  const again = JSON.parse(await good(["recheck", "target.example", "bogus.example", "--json"]));
  assert.deepEqual(again, {
    rechecked: { local: "target.example", remote: "bogus.example" },
    proofs: 0,
    retried: true,
  });
  await stage.server.told({ event: "delegation.resolved", domain: "bogus.example" }, since);
});

Deno.test("run time by command: a pair that the new policy would not have taken is revoked at once, and taken again by default", async () => {
  await using stage = await Stage.open();
  const { good } = operator(stage);
  const o = await stage.initiateWith();
  await good(["domains", "suspend", "target.example"]);
  await o.verdict("sender.example", "target.example", "invalid");
  o.send(request("sender.example", "target.example"));
  await o.denial("sender.example", "target.example", "cancel", "not-allowed");
  await good(["domains", "resume", "target.example"]);
  o.send(request("sender.example", "target.example"));
  await o.verdict("sender.example", "target.example", "valid");
});

Deno.test("config show: what was set at run time stands there with whose word it is, without secrets, and so in --effective", async () => {
  await using stage = await Stage.open({
    settings: { policy: { peer: { "Old.Example": { dane_inbound: "enforce" } } } },
  });
  const { good, run } = operator(stage);
  assert.ok(!(await good(["config", "show"])).includes("run time"));
  assert.equal(JSON.parse(await good(["config", "show", "--json"])).run_time, undefined);
  await good(["domains", "add", "piped.example", "--secret-file", "-", "--proof", "strict"], PIPED);
  await good(["domains", "suspend", "target.example"]);
  await good(["domains", "remove", "other-target.example"]);
  await good(["policy", "old.example", "encrypted"]);
  const text = await good(["config", "show"]);
  assert.ok(!text.includes(PIPED));
  assert.match(
    text,
    /^\[\[domain\]\] {3}# run time\nname = "piped\.example"\npolicy = .*\bproof = "strict".*\ncomponent_secret = "\(hidden\)"$/m,
  );
  assert.match(text, /^\[\[domain\]\] {3}# suspended at run time\nname = "target\.example"/m);
  assert.match(text, /^# \[\[domain\]\] "other-target\.example" of the file: removed at run time$/m);
  assert.ok(!text.includes('name = "other-target.example"'));
  assert.match(
    text,
    /^peer = \{ "Old\.Example" = .*\bproof = "encrypted".* {3}# proof of "old\.example": run time$/m,
  );
  const json = JSON.parse(await good(["config", "show", "--json"]));
  assert.deepEqual(json.run_time, {
    domains: ["piped.example"],
    removed: ["other-target.example"],
    suspended: ["target.example"],
    peers: { "old.example": "encrypted" },
  });
  assert.deepEqual(json.policy.peer["Old.Example"], { dane_inbound: "enforce", proof: "encrypted" });
  // What is shown is a file again.
  await Deno.writeTextFile(`${stage.directory}/shown.toml`, text);
  assert.equal((await verona(["config", "check", "--config", `${stage.directory}/shown.toml`])).code, 0);

  const effective = await good(["config", "show", "--effective", "piped.example", "old.example"]);
  assert.match(effective, /^proof +strict +run time, policy of the domain "piped\.example"$/m);
  assert.match(effective, /^dane_inbound +enforce +policy\.peer\."Old\.Example"\.dane_inbound, line \d+$/m);
  const peer = await good(["config", "show", "--effective", "target.example", "old.example", "--json"]);
  const { allowed, cause, settings } = JSON.parse(peer);
  assert.deepEqual([allowed, cause, settings[0].value, settings[1].at], [
    false,
    "policy.suspended",
    "refused: suspended",
    'run time, policy of "old.example"',
  ]);
  const removed = await run(["config", "show", "--effective", "other-target.example", "old.example"]);
  assert.equal(removed.code, 2);
  assert.match(removed.stderr, /not hosted here\n.*removed at run time: `verona domains add` gives it back/);
});

Deno.test("config show: a file of run time that cannot be read is said, and the file's own values are shown", async () => {
  await using stage = await Stage.open();
  const path = `${stage.directory}/data/run-time.db`;
  await stage.server.stop();
  await Deno.writeTextFile(path, "no database ".repeat(200));
  const { code, stdout, stderr } = await operator(stage).run(["config", "show"]);
  assert.deepEqual([code, stdout.includes('name = "target.example"')], [0, true]);
  assert.match(
    stderr,
    /^verona: Cannot read .*run-time\.db: file is not a database: what was set at run time is not shown/,
  );
});
