/** Our claim by SASL EXTERNAL on a stream that we opened, and the peer's answers to it. protocol.md 7.1. */
import type { SaslInitiatingEvent } from "../machines/sasl_initiating.ts";
import type { Element } from "../xml/element.ts";
import { parseSasl, printAuth, printResponse } from "../xmpp/sasl_external.ts";
import { EndpointClaim } from "./claim.ts";
import type { ServerContext } from "./context.ts";
import type { OutboundShell } from "./outbound_stream.ts";

export class OurClaim {
  /** `refused`: the peer did not take it. */
  state: "none" | "sent" | "refused" = "none";
  readonly #server: ServerContext;
  readonly #shell: OutboundShell;

  constructor(server: ServerContext, shell: OutboundShell) {
    this.#server = server;
    this.#shell = shell;
  }

  send(): void {
    this.state = "sent";
    this.#shell.ours.claim(this.#shell.pair);
    this.#shell.print(printAuth(this.#shell.input.local));
  }

  respond(): void {
    this.#shell.print(printResponse(this.#shell.input.local));
  }

  /** What the peer says to it; null when it is no word of SASL that has a place here. */
  heard(element: Element): SaslInitiatingEvent | null {
    const sasl = parseSasl(element);
    switch (sasl?.word) {
      case "success":
        this.#shell.connection.restart();
        this.#tell("success");
        return { type: "sasl.succeeded" };
      case "failure":
        this.#tell(sasl.condition);
        this.state = "refused";
        this.#shell.ours.unclaimed();
        return { type: "sasl.failed" };
      case "challenge":
        return { type: "sasl.challenged" };
      default:
        return null;
    }
  }

  /** `<success/>` lets the pair of the header in, if our own proof of the peer still holds. */
  succeeded(): void {
    const { endpoint: { verdict }, proofs, ours, pair } = this.#shell;
    const claim = new EndpointClaim(this.#server, this.#shell, pair);
    if (verdict?.proved) proofs.delegate(verdict.proof, claim);
    ours.claimed();
  }

  #tell(outcome: string): void {
    const { id, pair, connection: { peer } } = this.#shell;
    this.#server.host.tell({
      type: "sasl.finished",
      connection: id,
      pair,
      detail: { by: "peer", outcome, peer: peer.ip },
      ...(outcome === "success" ? {} : { cause: "sasl.refused", level: "warning" }),
    });
  }
}
