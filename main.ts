/** Verona: an XMPP federation server that opens pairs of domains by proof. See README.md. */
import { main } from "./cli/main.ts";

if (import.meta.main) await main(Deno.args);
