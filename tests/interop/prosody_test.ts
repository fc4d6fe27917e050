/** The table of scenarios against prosody. */
import { PROSODY } from "./peers/prosody.ts";
import { register } from "./run.ts";
import { SCENARIOS } from "./scenarios/table.ts";

await register(PROSODY, SCENARIOS);
