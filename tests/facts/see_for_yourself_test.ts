/** Every cause can be seen for oneself, whatever a peer calls itself (console.md 3.5). */
import assert from "node:assert/strict";
import { type Cause, CAUSES } from "../../facts/cause.ts";
import { type Scene, seeForYourself } from "../../facts/see_for_yourself.ts";
import "../harness/surroundings.ts";

const ALL = Object.keys(CAUSES) as Cause[];

const KNOWN: Scene = {
  resolver: { host: "127.0.0.53", port: 5353 },
  console: { host: "::1", port: 8711 },
  local: "sender.example",
  remote: "target.example",
  host: "mx.target.example",
  port: 5270,
  connection: "c-12",
};

Deno.test("every cause has one line with all that is known in it", () => {
  for (const cause of ALL) {
    const line = seeForYourself(cause, KNOWN);
    assert.match(line, /^(delv|nc|openssl|curl|verona|journalctl) \S[^\n]*$/, cause);
    assert.doesNotMatch(line, /LOCAL|REMOTE|HOST|undefined|null(?!\S*$)/, cause);
    assert.doesNotMatch(line, /verona explain/, `${cause}: explain would point at itself`);
  }
  assert.equal(
    seeForYourself("dns.bogus", KNOWN),
    "delv @127.0.0.53 -p 5353 +vtrace _xmpp-server._tcp.target.example SRV",
  );
  assert.equal(
    seeForYourself("dane.mismatch", KNOWN).split(" ").slice(-2)[0],
    "_5270._tcp.mx.target.example",
  );
  assert.equal(seeForYourself("dns.busy", KNOWN), "curl -s http://[::1]:8711/metrics");
  assert.equal(
    seeForYourself("dns.busy", { console: { path: "/run/it's/c" } }),
    "curl -s --unix-socket '/run/it'\\''s/c' http://localhost/metrics",
  );
});

Deno.test("what is not known is a word in capitals", () => {
  assert.equal(seeForYourself("peer.denied"), "verona trace --pair LOCAL REMOTE");
  assert.equal(seeForYourself("peer.verdict-timeout"), "verona check REMOTE --from LOCAL");
  assert.equal(seeForYourself("route.queue-age"), "verona routes --local LOCAL --remote REMOTE");
  assert.equal(seeForYourself("tcp.refused"), "nc -vz HOST 5269");
  assert.equal(seeForYourself("tcp.lost"), "verona trace --pair LOCAL REMOTE");
});

Deno.test("a shell takes a hostile name as one word", async () => {
  const names = [
    "$(touch /tmp/x).example",
    "a;reboot",
    "it's`id`",
    "-x\u001b[31m\ny",
    "a b|c>d",
    "\u202egnp.exe",
  ];
  for (const name of names) {
    const line = seeForYourself("peer.denied", { local: name, remote: name });
    const script = line.replace("verona trace --pair", "printf '<%s>'");
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script], env: {} }).output();
    const shown = name.replace(/[\p{Cc}\p{Cf}]/gu, "").replace(/^-+/, "");
    assert.equal(new TextDecoder().decode(stdout), `<${shown}><${shown}>`);
  }
});
