import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Zone } from "./zone.ts";
import { NameServer } from "./server.ts";
import { anchorLine } from "./sign.ts";

const run = promisify(execFile);
const ADDRESS = "127.83.5.53";
const PORT = 5353;

/** BIND's validator asks with CD=1 and judges by itself: the oracle for our signatures. */
async function delv(anchors: string, name: string, type: string): Promise<string> {
  const { stdout, stderr } = await run("delv", [
    `@${ADDRESS}`,
    "-p",
    String(PORT),
    "-a",
    anchors,
    "+root=.",
    "+nosplit",
    name,
    type,
  ]).catch((error) => error as { stdout: string; stderr: string });
  return stdout + stderr;
}

const CASES: Record<string, [name: string, type: string, expected: RegExp]> = {
  "a signed SRV": ["_xmpp-server._tcp.sender.example", "SRV", /; fully validated[^]*XMPP1\.originating/],
  "a proven NXDOMAIN (NSEC)": [
    "nowhere.example",
    "SRV",
    /ncache nxdomain[^]*; negative response, fully validated|negative response, fully validated/,
  ],
  "a proven absence of the type (NSEC)": ["sender.example", "SRV", /negative response, fully validated/],
  "an empty non-terminal (NSEC)": ["_tcp.sender.example", "A", /negative response, fully validated/],
  "a proven NXDOMAIN (NSEC3)": ["a.b.hashed.example", "A", /negative response, fully validated/],
  "a proven absence of the type (NSEC3)": ["hashed.example", "SRV", /negative response, fully validated/],
  "a wildcard": ["x.wild.example", "A", /; fully validated/],
  "an alias into another zone": ["alias.sender.example", "A", /; fully validated[^]*CNAME[^]*127\.0\.0\.9/],
  "an insecure delegation": ["_xmpp-server._tcp.unsigned.example", "SRV", /unsigned answer/],
  "an insecure delegation (NSEC3 parent)": ["x.below.hashed.example", "A", /unsigned answer/],
  "a corrupt signature": ["corrupt.sender.example", "A", /resolution failed: RRSIG failed to verify/],
  "a stripped signature": ["stripped.sender.example", "A", /resolution failed: insecurity proof failed/],
  "an expired signature": ["expired.sender.example", "A", /resolution failed: RRSIG has expired/],
  "a future signature": ["future.sender.example", "A", /resolution failed/],
};

Deno.test("the test world's signatures and denials are judged by delv as meant", async (t) => {
  await using server = await NameServer.listen(ADDRESS, PORT);
  const root = server.zones.add(new Zone(""));
  server.zones.add(new Zone("example"));
  const sender = server.zones.add(new Zone("sender.example"));
  sender.set("_xmpp-server._tcp.sender.example", "SRV", [
    { priority: 20, weight: 0, port: 5269, target: "xmpp2.originating.example" },
    { priority: 10, weight: 0, port: 5269, target: "XMPP1.originating.example" },
  ]);
  sender.set("alias.sender.example", "CNAME", ["x.wild.example"]);
  for (const how of ["corrupt", "strip", "expired", "future"] as const) {
    const name = `${how === "strip" ? "stripped" : how}.sender.example`;
    sender.set(name, "A", ["127.0.0.1"]).damage(name, "A", how);
  }
  server.zones.add(new Zone("hashed.example", { denial: "nsec3" })).set("b.c.hashed.example", "A", [
    "127.0.0.1",
  ]);
  server.zones.add(new Zone("below.hashed.example", { signed: false })).set("x.below.hashed.example", "A", [
    "127.0.0.1",
  ]);
  server.zones.add(new Zone("wild.example")).set("*.wild.example", "A", ["127.0.0.9"]);
  server.zones.add(new Zone("unsigned.example", { signed: false }))
    .set("_xmpp-server._tcp.unsigned.example", "SRV", [{
      priority: 10,
      weight: 0,
      port: 5269,
      target: "xmpp1.originating.example",
    }]);

  const anchors = await Deno.makeTempFile({ suffix: ".key" });
  const [, , , , flags, protocol, algorithm, key] = anchorLine(root).trim().split(" ");
  await Deno.writeTextFile(
    anchors,
    `trust-anchors { . static-key ${flags} ${protocol} ${algorithm} "${key}"; };\n`,
  );
  for (const [what, [name, type, expected]] of Object.entries(CASES)) {
    await t.step(what, async () => assert.match(await delv(anchors, name, type), expected));
  }
  await Deno.remove(anchors);
});
