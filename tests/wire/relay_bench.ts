/**
 * CPU per stanza of one TLS connection relayed into another: framed, checked, addresses known, written on. native.md 2.
 *
 * `deno run -A tests/wire/relay_bench.ts [stanzas] [rounds]`; the library is that of `native/`.
 */
import process from "node:process";
import { encode, stand } from "./ends.ts";
import "../harness/surroundings.ts";

const STANZA =
  "<message from='romeo@sender.example/orchard' to='juliet@target.example/balcony' id='ktx72v49' " +
  "type='chat' xml:lang='en'><body>Neither, fair saint, if either thee dislike.</body>" +
  "<active xmlns='http://jabber.org/protocol/chatstates'/>" +
  "<request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='ktx72v49-0001'/></message>";

/** Three processes: source -> relay -> drain; the relay tells what it took. */
async function main(stanzas: number, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const drain = begin("drain", stanzas, 0);
    const relay = begin("relay", stanzas, await drain.port);
    const source = begin("source", stanzas, await relay.port);
    console.log(`round ${round}: ${await relay.words}`);
    await Promise.all([drain, relay, source].map(({ over }) => over));
  }
}

function begin(role: string, stanzas: number, port: number) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, role, String(stanzas), String(port)],
    stdout: "piped",
  }).spawn();
  const said = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const first = said.read();
  const listening = first.then(({ value }) => Number(value));
  const words = first.then(async () => {
    let text = "";
    for (let part = await said.read(); !part.done; part = await said.read()) text += part.value;
    return text.trim();
  });
  return { port: listening, words, over: Promise.all([words, child.status]) };
}

async function source(stanzas: number, port: number): Promise<void> {
  using at = await stand();
  console.log(0);
  const { connection, ear, ended } = await at.dial(port);
  await ear.until(() => ear.items.filter(({ kind }) => kind === 5).length === 2, "TLS");
  const fifty = encode(STANZA.repeat(50));
  for (let sent = 0; sent < stanzas; sent += 50) {
    connection.write(fifty);
    const room = connection.drained();
    if (room !== undefined) await room;
  }
  await connection.end();
  await ended;
}

async function relay(stanzas: number, port: number): Promise<void> {
  using at = await stand();
  const out = await at.dial(port);
  await out.ear.until(() => out.ear.items.filter(({ kind }) => kind === 5).length === 2, "TLS");
  console.log(at.listener.address.port);
  const inbound = await at.next();
  await inbound.ear.until(() => inbound.ear.items.filter(({ kind }) => kind === 5).length === 2, "TLS");
  let count = 0, most = 0;
  const began = { us: cpuUs(), at: performance.now() };
  inbound.connection.learnPair("sender.example", "target.example", 1);
  inbound.ear.batch = (batch) => {
    for (let i = 0; i < batch.count; i++) if (batch.kind(i) <= 3) count++;
    out.connection.forward(batch, 0, batch.count);
    most = Math.max(most, out.connection.buffered);
    return out.connection.drained();
  };
  await inbound.ended;
  await out.connection.end();
  await out.ended;
  const us = cpuUs() - began.us, seconds = (performance.now() - began.at) / 1000;
  const rate = Math.round(count / seconds / 1000);
  const figures = `${(us / count).toFixed(2)} us CPU per stanza of ${STANZA.length} bytes, ${rate} k/s`;
  console.log(`${figures}, at most ${Math.round(most / 1024)} kB waiting, ${count} of ${stanzas}`);
}

async function drain(): Promise<void> {
  using at = await stand();
  console.log(at.listener.address.port);
  const { ear, ended } = await at.next();
  await ear.until(() => ear.items.filter(({ kind }) => kind === 5).length === 2, "TLS");
  ear.batch = () => {};
  await ended;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const [role = "", stanzas = "1000000", port = "0"] = Deno.args;
if (role === "source") await source(Number(stanzas), Number(port));
else if (role === "relay") await relay(Number(stanzas), Number(port));
else if (role === "drain") await drain();
else await main(Number(Deno.args[0] ?? 1_000_000), Number(Deno.args[1] ?? 3));
