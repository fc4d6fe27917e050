/** The process itself. What `/proc` alone knows is left out: Deno reads it only with every permission. */
import process from "node:process";
import type { Registry, Sheet } from "./registry.ts";

export function readProcess(sheet: Sheet): void {
  const { user, system } = process.cpuUsage();
  sheet.add("process_cpu_seconds", {}, (user + system) / 1_000_000);
  sheet.add("process_resident_memory_bytes", {}, Deno.memoryUsage().rss);
  sheet.add("process_start_time_seconds", {}, performance.timeOrigin / 1000);
}

const EVERY_MS = 250;

/** Measures how late the event loop is; call the result to stop. It does not keep the process alive. */
export function watchEventLoop(registry: Registry): () => void {
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    registry.observe("verona_event_loop_delay_seconds", {}, Math.max(0, now - due) / 1000);
    due = now + EVERY_MS;
  }, EVERY_MS);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
