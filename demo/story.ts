/** The story, chapter by chapter: who does what, and what the two servers and the components then tell of it. */
import { julietAnswers, romeoWrites, theNurseWrites } from "./federation.ts";
import type { Narrator } from "./narrator.ts";
import { bogusIsNotTried, unsignedIsDenied } from "./refusals.ts";
import { senderMovesAway } from "./revocation.ts";
import type { Stage } from "./stage.ts";

export async function tell(stage: Stage, narrator: Narrator): Promise<void> {
  await romeoWrites(stage, narrator);
  await julietAnswers(stage, narrator);
  await theNurseWrites(stage, narrator);
  await narrator.tables(stage.originating);
  await narrator.tables(stage.receiving);
  await unsignedIsDenied(stage, narrator);
  await bogusIsNotTried(stage, narrator);
  await senderMovesAway(stage, narrator);
}
