import assert from "node:assert/strict";
import { rehearse } from "../../actors/rehearsal.ts";
import { loadConfig } from "../../config/load.ts";
import { selfSigned } from "../harness/certificates.ts";

const VERONA = `
[server]
names = ["xmpp.example"]
[[certificate]]
chain = "chain.pem"
key = "key.pem"
`;

Deno.test("the rehearsal walks every machine to where a first stanza and its end bring it", async () => {
  const { certificate, key } = await selfSigned({ names: ["xmpp.example"] });
  const files: Record<string, string> = { "verona.toml": VERONA, "chain.pem": certificate, "key.pem": key };
  const { config, mistakes } = loadConfig("verona.toml", { readText: (path) => files[path]!, env: {} });
  assert.ok(config !== null, JSON.stringify(mistakes));
  assert.deepEqual(Object.fromEntries(rehearse(config.limits)), {
    "assertion in": "granted",
    "assertion out": "lost",
    "inbound stream": "closed",
    "outbound stream": "closed",
    route: "draining",
    verification: "answered",
  });
});
