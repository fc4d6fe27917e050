/** Whose an address is (protocol.md 10): spelt in any way, the same; hostile or broken, nobody else's. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { network, site } from "../../xmpp/network.ts";

const OF: readonly (readonly [address: string, network: string, site: string])[] = [
  ["192.0.2.77", "192.0.2.77", "192.0.2"],
  ["::ffff:192.0.2.77", "192.0.2.77", "192.0.2"],
  ["0:0:0:0:0:ffff:c000:24d", "192.0.2.77", "192.0.2"],
  ["2001:db8:a:b:1:2:3:4", "2001:db8:a:b", "2001:db8:a"],
  ["2001:0DB8:000a:000B::4", "2001:db8:a:b", "2001:db8:a"],
  ["2001:db8::a:b:1:2", "2001:db8:0:0", "2001:db8:0"],
  ["2001:db8:a:b::", "2001:db8:a:b", "2001:db8:a"],
  ["::1", "0:0:0:0", "0:0:0"],
  ["1::", "1:0:0:0", "1:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0", "fe80:0:0"],
];

for (const [address, wanted, wider] of OF) {
  Deno.test(`network: ${address} is of ${wanted}, its site ${wider}`, () => {
    assert.deepEqual([network(address), site(address)], [wanted, wider]);
  });
}

Deno.test("network: what is no address stands for itself", () => {
  for (const text of ["", ":", ":::", "2001:db8", "1:2:3:4:5:6:7:8:9", "g::1", "::ffff:999.1.1.1"]) {
    assert.equal(network(text), text);
  }
});

Deno.test("network: two IPv6 addresses are one's own exactly when their first 64 bits are the same", () => {
  const group = fc.nat(0xffff).map((n) => n.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(":"));
  fc.assert(fc.property(half, half, half, half, (a, b, c, d) => {
    fc.pre(!/^0:0:0:0$/.test(a) && !/^0:0:0:0$/.test(b)); // IPv4 in IPv6 clothes
    assert.equal(network(`${a}:${c}`), network(`${a}:${d}`));
    assert.equal(network(`${a}:${c}`) === network(`${b}:${c}`), a === b);
  }));
});
