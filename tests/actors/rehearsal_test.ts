import assert from "node:assert/strict";
import { rehearse } from "../../actors/rehearsal.ts";
import { native } from "../../wire/native.ts";
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

/** A server's parts, with the files that they were read from. */
async function borrowed() {
  const { certificate, key } = await selfSigned({ names: ["xmpp.example"] });
  const files: Record<string, string> = { "verona.toml": VERONA, "chain.pem": certificate, "key.pem": key };
  const readText = (path: string) => files[path]!;
  const { config, mistakes } = loadConfig("verona.toml", { readText, env: {} });
  assert.ok(config !== null, JSON.stringify(mistakes));
  const identities = Identities.load(config.certificates, "xmpp.example", readText);
  return { version: "0", config, identities, trust: new Trust(false, [certificate]) };
}

Deno.test("the rehearsal: a ping goes there and comes back over loopback, and nothing of it stays open", async () => {
  const parts = await borrowed();
  assert.equal(await rehearse(parts), true);
  parts.identities.free();
  parts.trust.free();
});

Deno.test("the rehearsal: certificates that are renewed meanwhile are the server's affair, its own stay in use", async () => {
  const folder = await Deno.makeTempDir({ prefix: "verona-rehearsal-" });
  const renewed = await selfSigned({ names: ["xmpp.example"] });
  const [chain, key] = [`${folder}/chain.pem`, `${folder}/key.pem`];
  await Deno.writeTextFile(chain, renewed.certificate);
  await Deno.writeTextFile(key, renewed.key);
  const parts = await borrowed();
  const config = { ...parts.config, certificates: [{ chain, key }] };
  assert.equal(await rehearse({ ...parts, config }), true);
  // The handle is still there to be freed.
  assert.equal(native().context_free(parts.identities.context), 0);
  parts.trust.free();
  await Deno.remove(folder, { recursive: true });
});
