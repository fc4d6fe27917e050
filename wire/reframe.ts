/** Finds the stanzas again in bytes that were framed once: after a loss, when each has to be answered for. protocol.md 8.3. */
import { NS } from "../xmpp/namespaces.ts";
import { Batch } from "./batch.ts";
import { WireFault } from "./fault.ts";
import type { Bytes } from "./native.ts";
import { type Content, Session } from "./session.ts";

/** One stanza, its bytes a copy; addresses and `id` as they are written, empty when there are none. */
export interface Framed {
  readonly bytes: Bytes;
  readonly kind: number;
  readonly from: string;
  readonly to: string;
  readonly id: string;
  /** Where it ends in what was given. */
  readonly end: number;
}

const IQ = 3;
/** What the framer keeps beside one feed, and the records of one. */
const ROOM = 64 * 1024;
const ITEMS = 1024;

const HEADERS: Readonly<Record<Content, Bytes>> = {
  server: header(NS.server),
  component: header(NS.component),
};

function header(content: string): Bytes {
  const text = `<stream:stream xmlns='${content}' xmlns:stream='${NS.streams}' xmlns:db='${NS.dialback}'>`;
  return new TextEncoder().encode(text);
}

/**
 * Every stanza of `bytes`, which begin with a first-level element and end with one. Other elements are left out.
 *
 * @throws {WireFault} `server.internal` when they were never framed.
 */
export function reframe(content: Content, bytes: Bytes): Framed[] {
  const session = new Session(content, null);
  // The buffers of its own: a loss may be told while another connection's batch is being handled.
  const batch = new Batch(bytes.length + ROOM, ITEMS);
  const found: Framed[] = [];
  let end = 0;
  try {
    feed(session, HEADERS[content], batch, () => {});
    feed(session, bytes, batch, (i) => {
      end += batch.end(i) - batch.start(i);
      if (batch.kind(i) <= IQ) found.push(stanza(batch, i, end));
    });
  } finally {
    session.free();
  }
  return found;
}

function feed(session: Session, input: Bytes, batch: Batch, item: (i: number) => void): void {
  for (let offset = 0, more = true; more;) {
    const fed = session.feed(input, offset, input.length - offset, batch);
    offset += fed.consumed;
    for (let i = 0; i < batch.count; i++) item(i);
    if (fed.failure < 0 || fed.fault !== 0) {
      throw new WireFault("server.internal", `Cannot frame stanzas again: error ${fed.failure || fed.fault}`);
    }
    more = fed.more || offset < input.length;
  }
}

function stanza(batch: Batch, i: number, end: number): Framed {
  return {
    bytes: batch.slice(i),
    kind: batch.kind(i),
    from: batch.from(i),
    to: batch.to(i),
    id: batch.id(i),
    end,
  };
}
