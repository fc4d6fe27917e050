/** Streams without certificate ask a receiving server to let them in: it calls their authoritative server back. XEP-0220 2.1. */
import { dialbackKey } from "../../xmpp/dialback.ts";
import { DialbackStream } from "./dialback_stream.ts";
import { customersOf, type Place, SECRET } from "./lab.ts";
import type { Kind } from "./server.ts";
import { veronaWith } from "./verona.ts";

export const STREAMS = 4;
/** Customers that one stream asks for. */
export const EACH = 125;
/** Requests of one stream that are under way at once: a hundred in all, the default of `verify_connections`. */
const WINDOW = 25;

/** What a test of speed lifts of a server that verifies, and prints. */
export const VERIFYING = {
  proof_requests_per_second_unproven: 1_000_000,
  proof_requests_per_second: 1_000_000,
  pending_requests_unproven: 1000,
  unproven_bytes_per_second: 0,
  proofs_per_address_unproven: 500,
  proofs_per_address: 500,
  verify_per_domain: 8,
  verify_connections: 1000,
};

/** What an authoritative server has lifted when it is asked by a test of speed, */
export const ANSWERING = { verify_answers_per_second: 1_000_000, unproven_bytes_per_second: 0 };
/** and when it is called back often. */
const ASKED_OFTEN = {
  attempts_per_minute: 1_000_000,
  connections_per_address: 4000,
  unproven_per_address: 1000,
};

/** A Verona with customers, a secret that we know too, and limits. */
export const authoritative = (customers: number, limits: Record<string, number>): Kind =>
  veronaWith((place) => ({
    ...secretOf(place),
    limits,
    domain: [place.domain, ...customersOf(place, customers)].map((name) => ({
      name,
      component_secret: SECRET,
    })),
  }));

/** One that is called back. */
export const calledBack = (customers: number): Kind =>
  authoritative(customers, { ...ANSWERING, ...ASKED_OFTEN });

function secretOf({ folder }: Place): Record<string, Record<string, unknown>> {
  Deno.writeTextFileSync(`${folder}/dialback.secret`, SECRET, { mode: 0o600 });
  return { server: { dialback_secret_file: `${folder}/dialback.secret` } };
}

/**
 * Each stream asks once for every one of its senders, and all is answered.
 *
 * @param sendersOf Those of the stream with this number.
 * @returns How many answers hold which of the words `valid`, `invalid` and `error`.
 */
export async function verified(
  at: Place,
  target: string,
  sendersOf: (stream: number) => readonly string[],
): Promise<Record<string, number>> {
  const counts = await Promise.all(
    Array.from({ length: STREAMS }, (_, n) => ask(at, target, sendersOf(n))),
  );
  return counts.reduce((sum, one) => ({
    valid: sum.valid! + one.valid!,
    invalid: sum.invalid! + one.invalid!,
    error: sum.error! + one.error!,
  }));
}

async function ask(at: Place, target: string, senders: readonly string[]): Promise<Record<string, number>> {
  using stream = await openStream(at, senders[0]!, target);
  const requests = senders.map((sender) => {
    const key = keyFor({ receiving: target, originating: sender, streamId: stream.id });
    return `<db:result from='${sender}' to='${target}'>${key}</db:result>`;
  });
  return await stream.ask(requests, WINDOW, "result");
}

export async function openStream(at: Place, from: string, to: string): Promise<DialbackStream> {
  const ca = await Deno.readTextFile(at.ca);
  return await DialbackStream.open({ ip: at.ip, from, to, ca, name: at.name });
}

export const keyFor = (subject: Parameters<typeof dialbackKey>[1]): string => dialbackKey(SECRET, subject);
