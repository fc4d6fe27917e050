/** The demo after its story: two servers, a pair that is open, a denial, a bogus zone, a revocation. */
import { Narrator } from "../../../demo/narrator.ts";
import { setStage, type Stage } from "../../../demo/stage.ts";
import { tell } from "../../../demo/story.ts";
import type { Place } from "./fixture.ts";

export interface Told extends Place {
  readonly stage: Stage;
  /** The other server's console. */
  readonly receiving: Place;
  ask<T>(path: string): Promise<T>;
}

export async function tellStory(stack: AsyncDisposableStack): Promise<Told> {
  const stage = await setStage(stack);
  const log = console.log;
  console.log = () => {}; // the story is not this test's output
  try {
    await tell(stage, new Narrator(true));
  } finally {
    console.log = log;
  }
  const place = async ({ console: origin, tokenFile }: Stage["originating"]) => ({
    origin,
    token: (await Deno.readTextFile(tokenFile)).trim(),
  });
  const { origin, token } = await place(stage.originating);
  return {
    origin,
    token,
    stage,
    receiving: await place(stage.receiving),
    ask: async <T>(path: string) => {
      const response = await fetch(`${origin}/api/v1${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return await response.json() as T;
    },
  };
}
