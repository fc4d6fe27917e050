/** That readiness changed is told once, with its reasons and its cause: nobody has to ask /readyz to learn why. console.md 4.4. */
import assert from "node:assert/strict";
import type { Happening } from "../../facts/event.ts";
import type { HealthCheck } from "../../observe/contract.ts";
import { HealthDesk } from "../../observe/health_desk.ts";
import type { ServerView } from "../../observe/view.ts";

const failing = (name: HealthCheck["name"], cause: HealthCheck["cause"]): HealthCheck => ({
  ...{ name, ok: false, cause, text: `${name} fails`, detail: "as was seen" },
});

Deno.test("health: a change of readiness is one warning with its reasons and cause, and one line when it is well again", async () => {
  const told: Happening[] = [];
  let checks: HealthCheck[] = [];
  const readiness = () => Promise.resolve({ ready: checks.length === 0, checks });
  const desk = new HealthDesk({ readiness } as unknown as ServerView, (happening) => told.push(happening));
  const look = async (...now: HealthCheck[]) => {
    checks = now;
    await desk.now();
    return told.splice(0);
  };
  assert.deepEqual(await look(), []);
  assert.deepEqual(await look(failing("resolver", "dns.bogus")), [{
    ...{ type: "server.readiness", level: "warning", cause: "dns.bogus" },
    detail: { ready: false, reasons: ["resolver fails: as was seen"] },
  }]);
  assert.deepEqual(await look(failing("resolver", "dns.bogus")), []);
  const [other] = await look(failing("resolver", "dns.timeout"));
  assert.equal(other?.cause, "dns.timeout");
  assert.deepEqual(await look(), [{
    ...{ type: "server.readiness", level: "info" },
    detail: { ready: true, reasons: [] },
  }]);
  // That it was told to stop is an event of its own.
  assert.deepEqual(await look(failing("draining", "server.shutdown")), []);
});
