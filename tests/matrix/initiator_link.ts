/** A connection as far as its handshake shows: what stands in for the shell of one, and the real machine of its stream. */
import { createActor } from "xstate";
import type { LinkOutcome } from "../../actors/links.ts";
import type { S2sShell } from "../../actors/s2s_stream.ts";
import type { Cause } from "../../facts/cause.ts";
import type { TargetAddresses } from "../../facts/delegation.ts";
import { outboundStream } from "../../machines/outbound_stream.ts";
import type { HeaderMode } from "../../policy/header.ts";
import type { Entry } from "../../policy/ladder.ts";
import { serverNames } from "../../policy/names.ts";
import { NOW, SENDER } from "../policy/fixtures.ts";
import type { CellFacts } from "./facts.ts";

export const HOUR_MS = 3_600_000;

/** Time stands still: nothing here may wait. */
export const clock = { now: () => NOW, setTimeout: () => 0, clearTimeout: () => {} };

export const modeOf = ({ rung }: Entry): HeaderMode => rung === "server-name" ? "server-name" : "classic";

/** The addresses of machines are signed (3.2.1, conventions). */
export function addressesOf(host: string): TargetAddresses {
  return {
    host,
    security: "secure",
    addresses: ["192.0.2.11"],
    cause: null,
    canonicalName: host,
    ttlMs: HOUR_MS,
    signedUntil: NOW + HOUR_MS,
    lookups: [],
  };
}

/** The shell of a connection in the middle of its negotiation. */
export function standIn(entry: Entry, { certificate, tlsa }: CellFacts, rest: object): S2sShell {
  const { target: { host, port } } = entry;
  const found = addressesOf(host);
  return {
    id: "c-1",
    over: false,
    peerCertificate: certificate,
    certificateUnder: () => certificate,
    connection: { tls: {} },
    row: {
      mode: modeOf(entry),
      state: "negotiating",
      serverNames: serverNames(certificate),
      streamId: "7f3a9c10e2b84d55",
      peerDna: true,
    },
    reached: { entry, machine: entry.target, address: found.addresses[0]!, found, tlsa, own: [] },
    dialled: { domain: SENDER, host, port, security: found.security, redirected: false },
    ...rest,
  } as unknown as S2sShell;
}

/** @param takenAsClassic Null: the handshake itself failed, nothing was judged. */
export function failed(entry: Entry, cause: Cause, takenAsClassic: boolean | null): LinkOutcome {
  const { addresses } = addressesOf(entry.target.host);
  const failure = {
    entry,
    address: addresses[0]!,
    addresses: addresses.length,
    cause,
    condition: null,
    unproven: takenAsClassic !== null,
    takenAsClassic: takenAsClassic ?? false,
    claimed: false,
    offersTls: true,
    referral: null,
  };
  return { ready: false, cause, error: null, failure };
}

const OFFER = {
  external: false,
  dialback: true,
  bidi: false,
  dna: true,
  errors: true,
  unknownRequired: false,
};

/** The machine of the stream, told what was found: whether a second header is sent and the stream is used (I-10, I-12). */
export function streams(refusal: Cause | null): boolean {
  const effects: string[] = [];
  const timers = {
    connectTotalMs: HOUR_MS,
    headerTimeoutMs: HOUR_MS,
    negotiationTimeoutMs: HOUR_MS,
    tlsTimeoutMs: HOUR_MS,
    idleTimeoutMs: HOUR_MS,
    closingTimeoutMs: HOUR_MS,
  };
  const actor = createActor(outboundStream, { input: { wantBidi: true, timers } as never, clock } as never);
  actor.on("*", ({ type }) => effects.push(type));
  actor.start();
  actor.send({ type: "tcp.connected", tls: "required", external: true });
  actor.send({ type: "header.received", refusal: null, old: false });
  actor.send({ type: "features.received", starttls: true, ...OFFER });
  actor.send({ type: "tls.proceed" });
  actor.send({ type: "tls.secured", refusal });
  const headers = effects.filter((type) => type === "open stream").length;
  if (headers === 1) return false;
  actor.send({ type: "header.received", refusal: null, old: false });
  actor.send({ type: "features.received", starttls: false, ...OFFER });
  return effects.includes("report established");
}
