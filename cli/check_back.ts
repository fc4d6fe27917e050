/** Asks the running server whether a domain can reach it: only there its answer arrives. console.md 3.5 `--both-ways`. */
import type { Stage } from "../observe/contract.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { CommandFault } from "./fault.ts";

/** Longer than a way out and a way back may take. */
const PATIENCE_MS = 150_000;

/** Without a server that can be asked nothing is known: it is no fault of the domain's. */
export async function askBack({ local, remote }: DomainPair, options: ServerOptions): Promise<Stage> {
  const path = `/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}/ping`;
  try {
    return (await Client.open(options).ask(ANSWERS.pinged, path, "POST", {}, PATIENCE_MS)).stage;
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error;
    return {
      id: "pair.both-ways",
      title: "Can it reach us too?",
      verdict: "unknown",
      evidence: `the running server was not asked: ${error.message}`,
      elapsedMs: null,
      hint: error.next === "" ? null : error.next,
    };
  }
}
