/** One line per decision, with everything that an operator asks about it. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import "../harness/surroundings.ts";

Deno.test("LIM-15: a denial and a revocation are logged with both domains, peer, prooftype, DNS state, cause", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  o.send(request("bogus.example", "target.example"));
  const bogus = await stage.server.told({ event: "pair.denied", remote: "bogus.example" });
  const peer = stage.world.peerIp;
  const both = { local: "target.example", prooftype: "dna-srv", peer };
  assertHas(bogus, {
    ...both,
    dns: "bogus",
    cause: "dns.bogus",
    fault: "dns",
    level: "warning",
    direction: "in",
  });
  o.send(request("unsigned.example", "target.example"));
  const unsigned = await stage.server.told({ event: "pair.denied", remote: "unsigned.example" });
  assertHas(unsigned, { ...both, dns: "insecure", cause: "dns.insecure" });
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "0s" });
  const revoked = await stage.server.told({ event: "pair.revoked" });
  assertHas(revoked, { ...both, remote: "sender.example", dns: "secure", cause: "policy.revoked", by: "us" });
});

function assertHas(line: Record<string, unknown>, wanted: Record<string, unknown>): void {
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, line[key]])), wanted);
  assert.deepEqual(Object.keys(line).slice(0, 5), ["ts", "level", "logger", "event", "message"]);
}

for (const format of ["json", "pretty"]) {
  Deno.test(`what a peer writes cannot leave its log line (${format})`, async () => {
    const log = new URL("../../observe/log.ts", import.meta.url);
    const code = `const { logEvent, startLog } = await import(${JSON.stringify(log)});
      startLog("${format}");
      logEvent({ type: "stream.error", seq: 1, at: "2026-01-01T00:00:00.000Z", connection: "c-1",
        detail: { found: "a\\u001b[2J\\u009b31m\\u202eb\\nc", level: "forged" } });`;
    const { stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
    const text = new TextDecoder().decode(stderr);
    assert.match(text, /c-1/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text.trimEnd(), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    if (format === "pretty") return assert.match(text, /found=a\?\[2J\?31m\?b/);
    const { level, found } = JSON.parse(text);
    assert.deepEqual([level, found], ["info", "a\u001b[2J\u009b31m\u202eb\nc"]);
  });
}
