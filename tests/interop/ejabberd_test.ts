/** The table of scenarios against ejabberd. */
import { EJABBERD } from "./peers/ejabberd.ts";
import { register } from "./run.ts";
import { SCENARIOS } from "./scenarios/table.ts";

await register(EJABBERD, SCENARIOS);
