/** The machine's clock, and bugs at will: it stands for actors/host.ts (imports.ts). At SIGUSR2 a promise rejects, a timer throws. */
export type { Clock, Host } from "../../actors/host.ts";
export { systemClock } from "../../actors/host.ts";

Deno.addSignalListener("SIGUSR2", () => {
  void Promise.reject(new Error("nobody waits for this"));
  setTimeout(() => {
    throw new TypeError("nobody catches this");
  });
});
