/** Every machine of this server by the id that the API, the page and the command line use: its file's name. */
import type { AnyStateMachine } from "xstate";
import { assertionIn } from "../machines/assertion_in.ts";
import { assertionOut } from "../machines/assertion_out.ts";
import { componentStream } from "../machines/component_stream.ts";
import { inboundStream } from "../machines/inbound_stream.ts";
import { outboundStream } from "../machines/outbound_stream.ts";
import { proof } from "../machines/proof.ts";
import { route } from "../machines/route.ts";
import { verification } from "../machines/verification.ts";

export const MACHINES: Readonly<Record<string, AnyStateMachine>> = {
  inbound_stream: inboundStream,
  outbound_stream: outboundStream,
  route,
  proof,
  assertion_in: assertionIn,
  assertion_out: assertionOut,
  verification,
  component_stream: componentStream,
};
