/** A listener in a process with few file descriptors: prints its port, then how many connections it holds. */
import { stand } from "./ends.ts";

// COMPAT: Deno 2.9.6 sets up signals when it first needs them, and panics when no descriptor is left then. The server
// listens for signals from its start.
Deno.addSignalListener("SIGHUP", () => {});

using at = await stand({ plain: true });
console.log(at.listener.address.port);
for (let n = 1;; n++) {
  const end = await at.next();
  console.log(`holds ${n}`);
  void end.ended.then(() => console.log("left"));
}
