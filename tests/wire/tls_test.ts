/** Our TLS against other implementations and against attackers: openssl, node:tls, a meddling proxy. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import net from "node:net";
import { EXPIRED, selfSigned } from "../harness/certificates.ts";
import { scan, type ScanResult } from "../harness/openssl.ts";
import { within } from "../peer/deadline.ts";
import { type TlsOptions, Wire } from "../peer/wire.ts";
import {
  encode,
  type End,
  FEATURES,
  HEADER,
  message,
  PROCEED,
  secured,
  type Stand,
  stand,
  STARTTLS,
} from "./ends.ts";
import { certificates } from "./openssl.ts";

const WEAK = "ALL:@SECLEVEL=0";

/** A node:tls client of our listener: STARTTLS and the second header. */
async function client(at: Stand, tls: TlsOptions, heard = (_text: string) => {}): Promise<[Wire, End]> {
  const plain = Promise.withResolvers<void>();
  const socket = net.connect(at.listener.address.port, "127.0.0.1");
  const wire = new Wire(socket, {
    bytes: (bytes, secure) => {
      const text = new TextDecoder().decode(bytes);
      heard(text);
      if (!secure && text.includes("</stream:features>")) wire.write(STARTTLS);
      if (!secure && text.includes("<proceed")) plain.resolve();
    },
    ended: () => {},
  });
  wire.write(HEADER);
  const end = await at.next();
  await within(plain.promise, "<proceed/>");
  await wire.startTls(tls);
  wire.write(HEADER);
  await end.ear.until(() => end.ear.items.filter(({ kind }) => kind === 5).length === 2, "the header in TLS");
  return [wire, end];
}

const openssl = (at: Stand, options: string[], input?: string): Promise<ScanResult> =>
  scan({ host: "127.0.0.1", port: at.listener.address.port }, "b.example", options, input);

/** Options of s_client, and whether the handshake may complete. */
const OFFERS: Record<string, [options: string[], completes: boolean]> = {
  "TLS-1: TLS 1.3": [["-tls1_3"], true],
  "TLS-1: TLS 1.2": [["-tls1_2"], true],
  "TLS-1: TLS 1.1": [["-tls1_1", "-cipher", WEAK], false],
  "TLS-1: TLS 1.0": [["-tls1", "-cipher", WEAK], false],
  "TLS-2: ChaCha20": [["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], true],
  "TLS-2: CBC": [
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"],
    false,
  ],
  "TLS-2: static RSA, DHE, anonymous, NULL": [
    ["-tls1_2", "-cipher", "kRSA:DHE:aNULL:eNULL:@SECLEVEL=0"],
    false,
  ],
  "TLS-21: ALPN xmpp-server among others": [["-alpn", "h2,xmpp-server"], true],
};

for (const [name, [options, completes]] of Object.entries(OFFERS)) {
  Deno.test(`${name} ${completes ? "is accepted" : "is refused"}`, async () => {
    using at = await stand();
    const { connected, output } = await openssl(at, options);
    assert.equal(connected, completes, output);
    const ending = await (await at.next()).ended;
    assert.equal(ending.how === "tls", !completes, JSON.stringify(ending));
  });
}

Deno.test("TLS-21: ALPN without xmpp-server ends in the alert no_application_protocol", async () => {
  using at = await stand();
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const { output } = await openssl(at, [version, "-alpn", "h2"]);
    assert.match(output, /alert no application protocol/);
    const ending = await (await at.next()).ended;
    assert.ok(ending.how === "tls" && ending.cause === "tls.handshake", JSON.stringify(ending));
  }
});

Deno.test("TLS-24 TLS-25: no tickets, no early data, no session is resumed", async () => {
  using at = await stand();
  const session = await Deno.makeTempFile();
  try {
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const first = await openssl(at, [version, "-sess_out", session]);
      assert.ok(first.connected && !/TLS session ticket:/.test(first.output), first.output);
      if ((await Deno.stat(session)).size === 0) continue; // 1.3 without tickets: there is nothing to resume
      const second = await openssl(at, [version, "-sess_in", session]);
      assert.ok(second.connected && !/^Reused/m.test(second.output), second.output);
    }
  } finally {
    await Deno.remove(session);
  }
});

Deno.test("TLS-9: a client that renegotiates TLS 1.2 is dropped, without a word", async () => {
  using at = await stand();
  const child = spawn("openssl", [
    "s_client",
    "-connect",
    `127.0.0.1:${at.listener.address.port}`,
    "-starttls",
    "xmpp-server",
    "-xmpphost",
    "b.example",
    "-tls1_2",
  ], { stdio: ["pipe", "pipe", "ignore"] });
  let said = "";
  const ready = Promise.withResolvers<void>();
  child.stdout.on("data", (bytes) => {
    said += bytes;
    if (said.includes("Verify return code")) ready.resolve();
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  try {
    const { ear, ended } = await at.next();
    await within(ready.promise, "the handshake");
    child.stdin.write("R\n");
    const ending = await ended;
    assert.ok(ending.how === "tls" && ending.cause === "tls.renegotiation", JSON.stringify(ending));
    assert.equal(ear.items.filter(({ kind }) => kind === 5).length, 1);
  } finally {
    child.kill();
    await closed;
  }
});

Deno.test("a client without a certificate gets through; it is absent, not refused", async () => {
  using at = await stand();
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const [wire, end] = await client(at, { maxVersion });
    assert.deepEqual([end.ear.facts!.peer.state, end.ear.facts!.version], ["absent", maxVersion]);
    assert.equal(end.ear.facts!.alpn, null);
    wire.destroy();
    await end.ended;
  }
});

Deno.test("a certificate that nobody vouches for, or expired, ends no handshake: it is told as refused", async () => {
  using at = await stand();
  const identities = [
    [await selfSigned({ names: ["a.example"] }), "tls.self-signed"],
    [await at.root.issue({ names: ["a.example"], ...EXPIRED }), "tls.expired"],
  ] as const;
  for (const [identity, cause] of identities) {
    const [wire, end] = await client(at, { identity });
    const { peer } = end.ear.facts!;
    assert.ok(peer.state === "refused" && peer.cause === cause, JSON.stringify(peer));
    wire.destroy();
    await end.ended;
  }
});

Deno.test("a client's certificate that nobody can read is none: its possession was never checked", async () => {
  using at = await stand();
  const { leaf, key } = await certificates({ leaf: "DNS:a.example", v1: true });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const [wire, end] = await client(at, { identity: { certificate: leaf, key }, maxVersion });
    assert.deepEqual(end.ear.facts!.peer, { state: "refused", cause: "tls.bad-certificate", facts: null });
    wire.destroy();
    await end.ended;
  }
});

Deno.test("TLS-22: the certificate is chosen by SNI, then by the header's name, then the default", async () => {
  const identities = async (root: Stand["root"]) => [
    await root.issue({ names: ["a.example"] }),
    await root.issue({ names: ["b.example"] }),
    await root.issue({ names: ["*.c.example"] }),
  ];
  const cases: [sni: string | undefined, preferred: string | null, shown: string][] = [
    ["b.example", "x.c.example", "b.example"],
    ["B.Example", null, "b.example"],
    ["x.c.example", null, "*.c.example"],
    ["unknown.example", "b.example", "b.example"],
    [undefined, "b.example", "b.example"],
    ["unknown.example", "unknown.example", "a.example"],
    [undefined, null, "a.example"],
  ];
  for (const [serverName, preferred, shown] of cases) {
    using at = await stand({ identities, preferred });
    const [wire, end] = await client(at, serverName === undefined ? {} : { serverName });
    assert.equal(end.ear.facts!.own, shown, `${serverName}, ${preferred}`);
    wire.destroy();
    await end.ended;
  }
});

Deno.test("half-close: after the peer's close_notify we still write, and what follows it is ignored", async () => {
  using at = await stand();
  const after = Promise.withResolvers<void>();
  const [wire, end] = await client(at, {}, (text) => text.includes("after") && after.resolve());
  wire.write(message("before"));
  wire.closeNotify();
  await end.ear.until(() => end.ear.texts.includes(message("before")), "the message");
  wire.writeRaw(encode("anything at all, more than once")); // used to spin for ever
  end.connection.write(encode(message("after")));
  const over = end.connection.end();
  await within(after.promise, "what we wrote after the peer's close_notify");
  wire.fin();
  await over;
  assert.deepEqual(await end.ended, { how: "closed" });
  wire.destroy();
});

Deno.test("TLS truncation: FIN without close_notify is told apart from an orderly end", async () => {
  using at = await stand();
  const [wire, end] = await client(at, {});
  wire.fin();
  assert.deepEqual(await end.ended, { how: "truncated" });
  wire.destroy();
});

Deno.test("a peer that speaks one TLS record per byte is understood", async () => {
  using at = await stand();
  const [wire, end] = await client(at, {});
  const texts = Array.from({ length: 20 }, (_, n) => message(`${n}`));
  for (const character of texts.join("")) wire.write(character);
  const got = () => end.ear.texts.filter((text) => text.startsWith("<message"));
  await end.ear.until(() => got().length === texts.length, "all messages");
  assert.deepEqual(got(), texts);
  wire.destroy();
  await end.ended;
});

Deno.test("TLS-7: garbage instead of a handshake ends in TCP alone", async () => {
  for (
    const garbage of [
      "GET / HTTP/1.1\r\n\r\n",
      "\x16\x03\x01\xff\xff",
      "\x16\x03\x01\x00\x04\x01\x00\x00\x00",
      "\x80\x2e\x01\x03\x01",
    ]
  ) {
    using at = await stand();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: at.listener.address.port });
    const end = await at.next();
    await conn.write(encode(HEADER));
    await conn.write(encode(STARTTLS));
    const heard = await readUntil(conn, PROCEED);
    await conn.write(Uint8Array.from(garbage, (character) => character.charCodeAt(0)));
    await conn.closeWrite();
    const ending = await end.ended;
    assert.ok(["tls", "truncated"].includes(ending.how), JSON.stringify(ending));
    const rest = await readUntil(conn, null);
    assert.ok(!(heard + rest).includes("</stream:stream>"));
    conn.close();
  }
});

async function readUntil(conn: Deno.Conn, wanted: string | null): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (wanted === null || !text.includes(wanted)) {
    const n = await conn.read(buffer).catch(() => null);
    if (n === null) break;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, n));
  }
  return text;
}

Deno.test("mutated handshakes, both ways: every connection ends, none is taken for another", async () => {
  using at = await stand();
  let seed = 20261124;
  const random = (below: number) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below;
  for (let round = 0; round < 120; round++) {
    const meddler = meddle(at.listener.address.port, round % 2 === 0, random);
    const initiating = await at.dial(await meddler.port);
    const receiving = await at.next();
    const both = () => initiating.ear.facts !== null && receiving.ear.facts !== null;
    await Promise.race([initiating.ended, receiving.ended, meddler.quiet]);
    assert.ok(!both() || meddler.touched() === 0, `round ${round}: a changed handshake went through`);
    initiating.connection.drop();
    receiving.connection.drop();
    await Promise.all([initiating.ended, receiving.ended]);
    meddler.close();
  }
});

/**
 * Where a changed byte has to be noticed: nobody authenticates a record's version, nor the ChangeCipherSpec that TLS 1.3
 * keeps for the sake of middleboxes (RFC 8446 5.1, D.4).
 */
function protectedBytes(records: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at + 5 <= records.length;) {
    const end = Math.min(at + 5 + (records[at + 3]! << 8 | records[at + 4]!), records.length);
    const [unversioned, changeCipherSpec] = [[at, at + 3, at + 4], records[at] === 20];
    const body = Array.from({ length: Math.max(0, end - at - 5) }, (_, n) => at + 5 + n);
    if (!changeCipherSpec) found.push(...unversioned, ...body);
    at = end;
  }
  return found;
}

/** A proxy that changes one byte of a handshake message; quiet when nothing more moves. */
function meddle(port: number, clientSide: boolean, random: (below: number) => number) {
  let touched = 0;
  let plain = true;
  const quiet = Promise.withResolvers<void>();
  let timer = setTimeout(quiet.resolve, 1000);
  const sockets: net.Socket[] = [];
  const server = net.createServer((near) => {
    const far = net.connect(port, "127.0.0.1");
    sockets.push(near, far);
    for (const [from, to, ours] of [[near, far, clientSide], [far, near, !clientSide]] as const) {
      from.on("data", (bytes: Uint8Array) => {
        clearTimeout(timer);
        timer = setTimeout(quiet.resolve, 150);
        const isTls = bytes[0] === 22 && bytes[1] === 3;
        if (isTls) plain = false;
        if (!plain && ours && touched === 0) {
          const authenticated = protectedBytes(bytes);
          bytes[authenticated[random(authenticated.length)]!]! ^= 1 + random(255);
          touched++;
        }
        to.write(bytes);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  const listening = new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as net.AddressInfo).port))
  );
  return {
    port: listening,
    quiet: quiet.promise,
    touched: () => touched,
    close: () => {
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

Deno.test("peers that reset before they are accepted end neither the listener nor the process", async () => {
  using at = await stand();
  await Promise.all(Array.from({ length: 200 }, () =>
    new Promise<void>((resolve) => {
      const socket = net.connect(at.listener.address.port, "127.0.0.1", () => socket.resetAndDestroy());
      socket.on("close", () => resolve());
      socket.on("error", () => {});
    })));
  const probe = await at.dial();
  await probe.ear.until(() => probe.ear.facts !== null, "TLS after the storm");
});

Deno.test("interoperates as a client with openssl s_server, TLS 1.2 and 1.3, and refuses what is older", async () => {
  using at = await stand();
  const identity = await at.root.issue({ names: ["b.example"] });
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/crt`, identity.certificate);
  await Deno.writeTextFile(`${folder}/key`, identity.key);
  try {
    for (const [version, completes] of [["-tls1_2", true], ["-tls1_3", true], ["-tls1_1", false]] as const) {
      const server = await sServer([
        version,
        "-cert",
        `${folder}/crt`,
        "-key",
        `${folder}/key`,
        "-cipher",
        WEAK,
      ]);
      const front = greeter(server.port);
      const initiating = await at.dial(await front.port);
      await Promise.race([
        initiating.ear.until(() => initiating.ear.facts !== null, "TLS"),
        initiating.ended,
      ]);
      assert.equal(initiating.ear.facts !== null, completes, version);
      if (completes) assert.equal(initiating.ear.facts!.peer.state, "accepted");
      if (version === "-tls1_2") {
        server.child.stdin!.write("r\n"); // HelloRequest
        const ending = await initiating.ended;
        assert.ok(
          ending.how === "tls" && ending.cause === "tls.renegotiation",
          `TLS-9: ${JSON.stringify(ending)}`,
        );
      }
      initiating.connection.drop();
      await initiating.ended;
      front.close();
      await server.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function sServer(options: string[]) {
  const child = execFile("openssl", [
    "s_server",
    "-accept",
    "127.0.0.1:0",
    "-Verify",
    "1",
    "-naccept",
    "1",
    ...options,
  ]);
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const port = await within(
    new Promise<number>((resolve) => {
      let said = "";
      child.stdout!.on("data", (text) => {
        const accepting = /ACCEPT 127\.0\.0\.1:(\d+)\n/.exec(said += text);
        if (accepting !== null) resolve(Number(accepting[1]));
      });
    }),
    "s_server",
  );
  return { port, child, close: () => (child.kill(), closed) };
}

/** Plays the stream's plaintext beginning, then hands the bytes to a TLS server that knows nothing of XMPP. */
function greeter(port: number) {
  const sockets: net.Socket[] = [];
  const server = net.createServer((near) => {
    sockets.push(near);
    near.on("error", () => {});
    near.once("data", () => {
      near.write(HEADER + FEATURES);
      near.once("data", () => {
        const far = net.connect(port, "127.0.0.1", () => near.write(PROCEED));
        sockets.push(far);
        far.on("error", () => near.destroy());
        near.pipe(far).pipe(near);
      });
    });
  });
  const listening = new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as net.AddressInfo).port))
  );
  return {
    port: listening,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

Deno.test("TLS-26: an established pair survives thousands of records each way", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  for (let n = 0; n < 3000; n++) {
    initiating.connection.write(encode(message(`${n}`)));
    receiving.connection.write(encode(message(`${n}`)));
  }
  for (const { ear } of [initiating, receiving]) {
    await ear.until(() => ear.items.filter(({ kind }) => kind === 1).length === 3000, "all messages");
  }
});
