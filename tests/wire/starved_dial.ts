/** Dials without a file descriptor, and with one: a process of its own, for the others' sake. */
import { reach } from "../../wire/dial.ts";

const attempt = async () => (await reach("127.0.0.1", Number(Deno.args[0]), 5000)).cause;

await attempt(); // whatever it loads is loaded
const files: Deno.FsFile[] = [];
try {
  for (;;) files.push(Deno.openSync("/dev/null"));
} catch { /* none is left */ }
const without = await attempt();
files.pop()!.close();
console.log(JSON.stringify({ without, with: await attempt() }));
Deno.exit(0);
