import assert from "node:assert/strict";
import fc from "fast-check";
import { parseOtherHost, printOtherHost } from "../../xmpp/other_host.ts";

const domain = (name: string, port: number | null = null) => ({ kind: "domain", domain: name, port });
const address = (ip: string, port: number | null = null) => ({ kind: "address", ip, port });

const READ: Record<string, unknown> = {
  "b.example": domain("b.example"),
  "B.Example.": domain("b.example"),
  "b.example:5270": domain("b.example", 5270),
  "b.example:1": domain("b.example", 1),
  "b.example:65535": domain("b.example", 65535),
  "xn--bcher-kva.example:5269": domain("bücher.example", 5269),
  "bücher.example": domain("bücher.example"),
  "localhost": domain("localhost"),
  "192.0.2.1": address("192.0.2.1"),
  "192.0.2.1:5270": address("192.0.2.1", 5270),
  "[2001:DB8::1]": address("2001:db8::1"),
  "[2001:db8::1]:5270": address("2001:db8::1", 5270),
  "[::ffff:10.0.0.1]:5269": address("10.0.0.1", 5269),
  "[::1]": address("::1"),
};
for (const [text, other] of Object.entries(READ)) {
  Deno.test(`see-other-host: ${text} is read`, () => assert.deepEqual(parseOtherHost(text), other));
}

const REFUSED: Record<string, string> = {
  "nothing": "",
  "white space": " b.example",
  "a line end": "b.example\n",
  "white space before the port": "b.example :5270",
  "a user": "romeo@b.example",
  "a user and a password": "romeo:secret@b.example:5269",
  "a path": "b.example/x",
  "a path behind the port": "b.example:5269/x",
  "a query": "b.example?x",
  "a URI": "xmpp://b.example",
  "no port behind the colon": "b.example:",
  "no host before the colon": ":5269",
  "port 0": "b.example:0",
  "a port beyond the last": "b.example:65536",
  "a port of many digits": "b.example:0005269",
  "a port of foreign digits": "b.example:٥٢٦٩",
  "a port with a sign": "b.example:+5269",
  "a port by name": "b.example:xmpp-server",
  "two ports": "b.example:5269:5270",
  "IPv6 without brackets": "2001:db8::1",
  "IPv6 with a zone": "[fe80::1%eth0]:5269",
  "an open bracket": "[2001:db8::1",
  "an empty bracket": "[]:5269",
  "a domain in brackets": "[b.example]:5269",
  "IPv4 in brackets": "[192.0.2.1]:5269",
  "something behind the bracket": "[2001:db8::1]x:5269",
  "IPv4 out of range": "192.0.2.256",
  "IPv4 with leading zeros": "192.0.02.1",
  "IPv4 in short": "192.0.1",
  "IPv4 as one number": "3221225985",
  "IPv4 in hexadecimal": "0xc0000201",
  "a label that is too long": `${"a".repeat(64)}.example`,
  "a name that is too long": `${"a.".repeat(150)}example`,
  "very much": "a".repeat(100_000),
  "a null byte": "b.example\0",
  "an underscore": "_xmpp-server._tcp.b.example",
};
for (const [what, text] of Object.entries(REFUSED)) {
  Deno.test(`see-other-host: ${what} is no other host`, () => assert.equal(parseOtherHost(text), null));
}

Deno.test("see-other-host: whatever stands there, it is read or refused, and what was read is printed as it is read", () => {
  const parts = fc.constantFrom(
    "a",
    "b.example",
    ":",
    "[",
    "]",
    "::",
    ".",
    "1",
    "192.0.2.1",
    "5269",
    "@",
    "/",
    "ß",
    " ",
  );
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(parts).map((some) => some.join(""))), (text) => {
    const other = parseOtherHost(text);
    if (other !== null) assert.deepEqual(parseOtherHost(printOtherHost(other)), other);
  }));
});
