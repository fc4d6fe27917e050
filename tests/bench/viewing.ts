/**
 * A process of its own that reads a server's event stream and throws it away: what it costs itself is not the server's. Raw bytes, for a
 * client of HTTP costs more than the reading. `viewing.ts IP PORT TOKEN_FILE HOW_MANY`; reads until its input ends, then says how much.
 */
const [ip, port, tokenFile, count] = Deno.args as [string, string, string, string];
const token = (await Deno.readTextFile(tokenFile)).trim();
const REQUEST = new TextEncoder().encode(
  `GET /api/v1/events HTTP/1.1\r\nHost: ${ip}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
);
const HEAD = "HTTP/1.1 200 ";
const BUFFER = 64 * 1024;

let bytes = 0;
let ended = 0;

async function open(): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: ip, port: Number(port) });
  await connection.write(REQUEST);
  const buffer = new Uint8Array(BUFFER);
  const head = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  if (!head.startsWith(HEAD)) throw new Error(`the event stream answered ${head.slice(0, HEAD.length + 20)}`);
  return connection;
}

async function read(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(BUFFER);
  for (let n: number | null; (n = await connection.read(buffer).catch(() => null)) !== null;) bytes += n;
  ended++;
}

const connections = await Promise.all(Array.from({ length: Number(count) }, open));
const reading = connections.map(read);
console.log("reading");
for await (const _ of Deno.stdin.readable);
console.log(JSON.stringify({ bytes, ended }));
for (const connection of connections) connection.close();
await Promise.all(reading);
