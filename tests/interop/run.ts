/** Runs the table against one peer: a test for each scenario and direction, and one that compares the document. */
import assert from "node:assert/strict";
import { type Outcome, updateDocument } from "./document.ts";
import { reasonToSkip } from "./packages.ts";
import type { Kind } from "./peers/peer.ts";
import { directionsOf, Rig } from "./rig.ts";
import { WAITING } from "./scenarios/waiting.ts";
import { cannotOf, type Direction, isAbout, type Scenario, type Scene } from "./scenario.ts";

export async function register(kind: Kind, table: readonly Scenario[]): Promise<void> {
  const scenarios = table.filter((scenario) => isAbout(scenario, kind));
  const reason = await reasonToSkip();
  const suffix = reason === null ? "" : ` (${reason})`;
  const outcomes: Outcome[] = [];
  const rigs = new Map<Scenario["manner"], Promise<Rig>>();
  const rigOf = (scenario: Scenario): Promise<Rig> => {
    const rig = rigs.get(scenario.manner) ??
      Rig.open(kind, scenarios.filter(({ manner }) => manner === scenario.manner));
    rigs.set(scenario.manner, rig);
    return rig;
  };
  // The peer and the servers under test outlive each test.
  const options = { ignore: reason !== null, sanitizeOps: false, sanitizeResources: false };
  if (reason === null) {
    Deno.test.beforeAll(async () => void await rigOf(scenarios[0]!));
    Deno.test.afterAll(async () => {
      for (const rig of await Promise.all(rigs.values())) await rig[Symbol.asyncDispose]();
    });
  }
  for (const scenario of scenarios) {
    for (const direction of directionsOf(scenario)) {
      const name = `${kind.name} ${direction}: ${scenario.name}${suffix}`;
      if (WAITING.has(`${kind.name} ${scenario.key} ${direction}`)) {
        outcomes.push({ scenario: scenario.name, direction, how: "not yet" });
        continue;
      }
      Deno.test({
        ...options,
        name,
        fn: async () => void outcomes.push(await play(await rigOf(scenario), scenario, direction)),
      });
    }
  }
  Deno.test({
    ...options,
    name: `docs/interop.md says what ${kind.name} showed${suffix}`,
    fn: () => updateDocument(kind, outcomes),
  });
}

async function play(rig: Rig, scenario: Scenario, direction: Direction): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const scene = await rig.scene(scenario, direction, stack);
  const cannot = cannotOf(scenario, rig.peer.kind.name, direction);
  try {
    const row = { scenario: scenario.name, direction };
    const outcome = cannot === undefined
      ? { ...row, how: await scenario.act(scene) }
      : { ...row, why: cannot.why, evidence: await cannot.shows(scene) };
    const crashes = scene.verona.log.slice(scene.since).filter(({ json }) => json?.event === "actor.crashed");
    assert.deepEqual(crashes.map(({ text }) => text), []);
    if (Deno.env.has("VERONA_INTEROP_LOG")) await logs(scene, `${scenario.key}-${direction}`);
    return outcome;
  } catch (error) {
    throw new Error(await logs(scene, `${scenario.key}-${direction}`), { cause: error });
  }
}

/** Both sides' logs since the scene began, into files: they are long. */
async function logs({ verona, since, peer, lab }: Scene, name: string): Promise<string> {
  const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/verona-interop-logs`;
  await Deno.mkdir(folder, { recursive: true });
  const ours = verona.log.slice(since).map(({ text }) => text);
  const questions = lab.world.dns.log.slice(-40).map(({ name, type }) => `${name} ${type}`);
  const file = `${folder}/${peer.kind.name}-${name}`;
  await Deno.writeTextFile(`${file}-verona.log`, ours.join("\n"));
  await Deno.writeTextFile(`${file}-peer.log`, peer.log.join("\n"));
  return `${name} with ${peer.kind.title}: both logs are in ${file}-*.log. Verona ends:\n` +
    `${ours.slice(-12).join("\n")}\nThe peer ends:\n${peer.tail(12)}\nLast questions to DNS: ${
      questions.join(", ")
    }`;
}
