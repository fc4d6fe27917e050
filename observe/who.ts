/** Whose fault it is, as a person. console.md 3.5. */
import type { Fault } from "../facts/cause.ts";

/** Who can mend it, in words. */
export const WHO: Readonly<Record<Fault, string>> = {
  us: "the operator of this server",
  local: "the operator of the component",
  policy: "the operator of this server: its own configuration, or what was set at run time, says so",
  peer: "the operator of the peer's server",
  dns: "the DNS operator of the remote domain",
  network: "whoever runs the network between the two",
};
