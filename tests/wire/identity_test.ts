/** Our own certificates: what is wrong with a file is said so that it can be mended. */
import assert from "node:assert/strict";
import { Identities } from "../../wire/identity.ts";
import { Authority } from "../harness/certificates.ts";

const root = await Authority.root();
const right = await root.issue({ names: ["xmpp1.a.example"] });
const other = await root.issue({ names: ["b.example", "*.c.example"] });
const files: Record<string, string> = {
  "a.crt": right.certificate,
  "a.key": right.key,
  "b.crt": other.certificate,
  "b.key": other.key,
  "junk": "nothing in PEM",
  "broken.crt": right.certificate.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA"),
};

function load(pairs: [chain: string, key: string][], first = "xmpp1.a.example"): Identities {
  const given = pairs.map(([chain, key]) => ({ chain, key }));
  return Identities.load(given, first, (path) => {
    const text = files[path];
    if (text === undefined) throw new Deno.errors.NotFound("no such file");
    return text;
  });
}

Deno.test("identities: the certificate with the server's own name is the default, wherever it stands", () => {
  const orders: [string, string][][] = [[["a.crt", "a.key"], ["b.crt", "b.key"]], [["b.crt", "b.key"], [
    "a.crt",
    "a.key",
  ]]];
  for (const pairs of orders) {
    const identities = load(pairs);
    assert.equal(identities.facts[0]!.identifiers[0]!.name, "xmpp1.a.example");
    identities.free();
  }
  const wildcard = load([["a.crt", "a.key"], ["b.crt", "b.key"]], "x.c.example");
  assert.equal(wildcard.facts[0]!.identifiers[0]!.name, "b.example");
  wildcard.free();
});

Deno.test("identities: a machine's name is carried as DNS-ID alone, a domain by any identifier", async () => {
  const { certificate, key } = await root.issue({
    names: ["xmpp1.a.example"],
    srvNames: ["_xmpp-server.srv.example"],
    xmppAddrs: ["addr.example"],
  });
  Object.assign(files, { "c.crt": certificate, "c.key": key });
  const identities = load([["c.crt", "c.key"]]);
  for (const name of ["xmpp1.a.example", "srv.example", "addr.example"]) {
    assert.deepEqual(
      [identities.carries(name), identities.carriesMachine(name)],
      [true, name === "xmpp1.a.example"],
      name,
    );
  }
  identities.free();
});

const MISTAKES: Record<string, [pairs: [string, string][], words: RegExp]> = {
  "a key that is another's": [[["a.crt", "a.key"], ["b.crt", "a.key"]], /b\.crt.*a\.key.*does not fit/],
  "a chain file that is not there": [[["gone.crt", "a.key"]], /Cannot read gone\.crt/],
  "a key file that is not there": [[["a.crt", "gone.key"]], /Cannot read gone\.key/],
  "no certificate in the file": [[["junk", "a.key"]], /junk.*no certificate/],
  "no key in the file": [[["a.crt", "junk"]], /a\.crt.*junk.*private key cannot be read/],
  "a certificate that is damaged": [[["broken.crt", "a.key"]], /broken\.crt.*malformed/],
};
for (const [name, [pairs, words]] of Object.entries(MISTAKES)) {
  Deno.test(`identities: ${name} is named`, () => assert.throws(() => load(pairs), words));
}
