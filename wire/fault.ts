/** What goes wrong below XMPP, with its cause. */
import type { Cause } from "../facts/cause.ts";

export class WireFault extends Error {
  override readonly name = "WireFault";
  constructor(override readonly cause: Cause, message: string) {
    super(message);
  }
}
