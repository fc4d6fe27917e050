/** Scenes in which nothing may get through. */
import assert from "node:assert/strict";
import { message } from "../federation/acts.ts";
import { child } from "../peer/xml.ts";
import type { Scene } from "./scenario.ts";

/** Whoever speaks first gets its message back as an error; the other side never sees it. The result is its condition. */
export async function tellsError(scene: Scene): Promise<string> {
  const [us, them] = [await scene.us(), await scene.them()];
  const [first, second] = scene.direction === "out" ? [us, them] : [them, us];
  first.send(message(first.jid, second.jid, "refused"));
  const error = await first.stanza("message", { id: "refused", type: "error" });
  assert.ok(!second.kept.some(({ attributes }) => attributes.id === "refused"));
  return child(error, error.uri, "error")?.children[0]?.name ?? "";
}
