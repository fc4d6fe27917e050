/** `verona health`: may the running server be sent to? For containers and scripts. console.md 4.4. */
import type { Readiness } from "../observe/contract.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";
import { shown } from "./shown.ts";
import { styled } from "./terminal.ts";

/** Needs no token where the console listens on loopback. */
export async function health(options: ServerOptions): Promise<number> {
  const readiness = await Client.openFor(options, "anyone").readiness();
  if (options.json) sayJson(readiness);
  else say(print(readiness));
  return readiness.ready ? EXIT.good : EXIT.broken;
}

function print({ ready, checks }: Readiness): string {
  const lines = checks.map(({ name, ok, cause, text, detail }) =>
    ok
      ? `${styled("green", "ok  ")}  ${shown(name)}`
      : `${styled("red", "FAIL")}  ${
        shown([name, cause, text, ...detail === null ? [] : [detail]].join(": "))
      }`
  );
  return [...lines, ready ? "ready" : "not ready"].join("\n");
}
