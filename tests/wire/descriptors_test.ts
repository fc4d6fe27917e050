/** What happens when the process has no file descriptor left. */
import assert from "node:assert/strict";
import { within } from "../peer/deadline.ts";
import "../harness/surroundings.ts";

/** As many as the process has descriptors for everything: too many. */
const MANY = 150;

Deno.test("a listener without descriptors waits, spins not, and goes on when some are free", async () => {
  const script = new URL("./descriptors.ts", import.meta.url);
  const child = new Deno.Command("bash", {
    args: ["-c", `ulimit -n ${MANY} && exec "${Deno.execPath()}" run -A --no-check "${script.pathname}"`],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said: string[] = [];
  let changed = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said.push(...text.split("\n").filter((line) => line !== ""));
      changed.resolve();
      changed = Promise.withResolvers();
    }
  })();
  const until = async (condition: () => boolean, what: string) => {
    while (!condition()) await within(changed.promise, `${what}: ${said.join(", ")}`);
  };
  const held = () => said.filter((line) => line.startsWith("holds")).length;
  const conns: Deno.Conn[] = [];
  try {
    await until(() => said.length > 0, "the port");
    const connect = async () =>
      void conns.push(await Deno.connect({ hostname: "127.0.0.1", port: Number(said[0]) }));
    for (let n = 0; n < MANY; n++) await connect();
    await until(() => held() > 0, "the first connections");
    const before = await cpuTicks(child.pid);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // over this time its processor use is measured
    const used = (await cpuTicks(child.pid)) - before;
    const most = held();
    assert.ok(most < MANY, "it never ran out of descriptors");
    assert.ok(used < 50, `it used ${used} ticks of 100 while it could do nothing`);
    for (const conn of conns.splice(0)) conn.close();
    await until(() => held() === MANY, "the connections that had to wait");
    await connect();
    await until(() => held() === MANY + 1, "a connection after the shortage");
  } finally {
    for (const conn of conns) conn.close();
    child.kill("SIGKILL");
    await child.status;
    await reading;
    await child.stderr.cancel();
  }
});

/** Hundredths of a second of processor time, from /proc. */
async function cpuTicks(pid: number): Promise<number> {
  const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
