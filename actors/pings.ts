/**
 * The server's own pings between domains, and their replies: any reply counts, also an error (XEP-0199 4.2), and none of
 * them reaches a component. protocol.md 8.3, 8.5.
 */
import { createHmac } from "node:crypto";
import type { Grant } from "../routing/grant.ts";
import type { Batch } from "../wire/connection.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { STANZA_KINDS, STANZA_TYPES } from "../xmpp/stanza.ts";
import { printPing } from "../xmpp/ping.ts";
import { encode } from "./encode.ts";

const IQ = STANZA_KINDS.indexOf("iq") + 1;
const [RESULT, ERROR] = [STANZA_TYPES.indexOf("result"), STANZA_TYPES.indexOf("error")];
/** Ids are this long behind their prefix. */
const DIGITS = 9;

export interface Ping {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export class Pings {
  readonly #prefix: string;
  readonly #prefixBytes: Uint8Array;
  readonly #waiting = new Map<
    string,
    { readonly pair: DomainPair; readonly returned: (by: Grant) => void }
  >();
  #last = 0;

  /** @param secret The same after a restart, so that a late reply is still known to be ours; never told. */
  constructor(secret: string) {
    this.#prefix = `verona-${createHmac("sha256", secret).update("ping").digest("hex").slice(0, 16)}-`;
    this.#prefixBytes = encode(this.#prefix);
  }

  /** A new ping; `returned` is called with the first reply's way in. The caller writes it, and forgets it when it is too late. */
  make(pair: DomainPair, returned: (by: Grant) => void): Ping {
    const id = this.#prefix + String(++this.#last % 10 ** DIGITS).padStart(DIGITS, "0");
    this.#waiting.set(id, { pair, returned });
    return { id, bytes: encode(printPing(pair, id)) };
  }

  forget(id: string): void {
    this.#waiting.delete(id);
  }

  /** Whether this item is a reply to a ping of ours, now or ever. */
  isReply(batch: Batch, i: number): boolean {
    if (batch.kind(i) !== IQ) return false;
    const type = batch.type(i);
    return (type === RESULT || type === ERROR) && batch.idStartsWith(i, this.#prefixBytes, DIGITS);
  }

  /** Whether a stanza's `id` is one of ours. */
  isOurs(id: string): boolean {
    return id.startsWith(this.#prefix);
  }

  /** The peer replied for the grant's pair. */
  reply(id: string, by: Grant): void {
    const { local, remote } = by.pair;
    const ping = this.#waiting.get(id);
    if (ping === undefined || ping.pair.local !== local || ping.pair.remote !== remote) return;
    this.#waiting.delete(id);
    ping.returned(by);
  }
}
