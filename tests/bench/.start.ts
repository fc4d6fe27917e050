import { setUp } from "./lab.ts";
import { Server } from "./server.ts";
import { VERONA } from "./verona.ts";
await using stack = new AsyncDisposableStack();
const pairs = await setUp(["verona"], stack);
for (let i = 0; i < 6; i++) {
  await using s = await Server.start(VERONA, pairs.get("verona")![0]);
  const st = Deno.readTextFileSync(`/proc/${s.pid}/stat`).split(") ")[1]!.split(" ");
  const ss = Deno.readTextFileSync(`/proc/${s.pid}/schedstat`).split(" ").map(Number);
  console.log(
    s.listeningMs | 0,
    "ms; ticks user",
    st[11],
    "sys",
    st[12],
    "main thread cpu ms",
    ss[0]! / 1e6 | 0,
    "waited ms",
    ss[1]! / 1e6 | 0,
  );
  const log = Deno.readTextFileSync(s.place.folder + "/log");
  if (i === 5) console.log(log.slice(0, 600));
}
