import assert from "node:assert/strict";
import { rehearse } from "../../actors/rehearsal.ts";
import { Identities } from "../../wire/identity.ts";
import { Trust } from "../../wire/trust.ts";
import { loadConfig } from "../../config/load.ts";
import { selfSigned } from "../harness/certificates.ts";

const VERONA = `
[server]
names = ["xmpp.example"]
[[certificate]]
chain = "chain.pem"
key = "key.pem"
`;

Deno.test("the rehearsal: a ping goes there and comes back over loopback, and nothing of it stays open", async () => {
  const { certificate, key } = await selfSigned({ names: ["xmpp.example"] });
  const files: Record<string, string> = { "verona.toml": VERONA, "chain.pem": certificate, "key.pem": key };
  const readText = (path: string) => files[path]!;
  const { config, mistakes } = loadConfig("verona.toml", { readText, env: {} });
  assert.ok(config !== null, JSON.stringify(mistakes));
  const identities = Identities.load(config.certificates, "xmpp.example", readText);
  const trust = new Trust(false, [certificate]);
  assert.equal(await rehearse({ version: "0", config, identities, trust }), true);
  identities.free();
  trust.free();
});
