/** The table of scenarios against jabberd2. */
import { JABBERD2 } from "./peers/jabberd2.ts";
import { register } from "./run.ts";
import { SCENARIOS } from "./scenarios/table.ts";

await register(JABBERD2, SCENARIOS);
