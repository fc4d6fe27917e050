/** One cell through everything that decides about a request: claim, collecting, judges, machine, verdict. */
import { Buffer } from "node:buffer";
import { AssertionIn } from "../../actors/assertion_in.ts";
import type { Clock } from "../../actors/host.ts";
import type { ServerContext } from "../../actors/context.ts";
import type { S2sShell } from "../../actors/s2s_stream.ts";
import type { PairPolicy } from "../../policy/admission.ts";
import type { Proof } from "../../policy/proof.ts";
import type { DialbackRequest } from "../../xmpp/dialback.ts";
import type { DomainPair } from "../../xmpp/domain.ts";
import { errorOf } from "../peer/conversation.ts";
import { header } from "../peer/stream.ts";
import { type Element, StreamReader } from "../peer/xml.ts";
import { NOW, SENDER, TARGET, TIMING } from "../policy/fixtures.ts";
import { type CellFacts, factsOf } from "./facts.ts";
import type { Cell, Result } from "./oracle.ts";

/** What the actor did, in its order. */
export interface Judged {
  readonly result: Result;
  readonly prooftype?: string;
  readonly condition?: string;
  readonly errorType?: string;
  readonly asked: ReadonlySet<string>;
  /** "grant", the verdict's type, "close". */
  readonly acts: readonly string[];
}

export type Lateness = { readonly [name in keyof CellFacts]?: number };

const PAIR: DomainPair = { local: TARGET, remote: SENDER };

/** Time stands still: nothing here may wait. */
const clock: Clock = { now: () => NOW, setTimeout: () => 0, clearTimeout: () => {} };

/** @param late How many turns of the loop each kind of evidence takes to arrive; none unless a test wants an order. */
export async function judgeRequest(cell: Cell, late: Lateness = {}): Promise<Judged> {
  const facts = factsOf(cell);
  const asked = new Set<string>();
  const acts: string[] = [];
  const verdict = Promise.withResolvers<Element>();
  let proof: Proof | undefined;
  const shell = {
    id: "c-1",
    over: false,
    peerCertificate: facts.certificate,
    certificateUnder: () => facts.certificate,
    row: { direction: "in", streamId: facts.callback.streamId },
    connection: {
      peer: { ip: "192.0.2.11" },
      write: (bytes: Uint8Array) => {
        const element = read(bytes);
        acts.push(element.attributes.type ?? "no verdict");
        verdict.resolve(element);
      },
    },
    // The matrix always runs over TLS (3.2.1).
    carries: () => true,
    asPeer: () => ({ address: "192.0.2.11", proven: false }),
    close: () => acts.push("close"),
    proofs: {
      held: () => null,
      grant: (_pair: DomainPair, found: Proof) => {
        acts.push("grant");
        proof = found;
      },
    },
    theirs: {
      proofTurn: () => Promise.resolve(),
      forget: () => {},
      answered: () => {},
    },
  };
  const assertion = new AssertionIn(
    server(cell, { facts, late, asked }, verdict.reject) as unknown as ServerContext,
    shell as unknown as S2sShell,
    PAIR,
    request(cell),
  );
  assertion.checked({ result: "admitted", pair: PAIR });
  const answer = await verdict.promise;
  return { ...resultOf(answer), ...(proof ? { prooftype: proof.prooftype } : {}), asked, acts };
}

/** What there is to learn, when it comes, and what was asked for. */
interface Source {
  readonly facts: CellFacts;
  readonly late: Lateness;
  readonly asked: Set<string>;
}

/** As much of a server as a request sees; the evidence is the cell's. */
function server({ policy }: Cell, { facts, late, asked }: Source, crashed: (error: Error) => void) {
  const fetch = (name: keyof CellFacts) => async () => {
    asked.add(name);
    for (let turns = late[name] ?? 0; turns > 0; turns--) await Promise.resolve();
    return facts[name];
  };
  const settings: PairPolicy = { proof: policy, allowInsecureDelegation: false, daneInbound: "positive" };
  return {
    host: {
      clock,
      random: () => 0.5,
      tell: (happening: { type: string; detail?: { error?: string } }) => {
        if (happening.type === "actor.crashed") crashed(new Error(happening.detail?.error));
      },
      trace: null,
    },
    config: { limits: { proofTimeoutMs: 30_000 } },
    policyFor: () => settings,
    timing: () => TIMING,
    refusalFor: () => null,
    hosted: { isHosted: () => true },
    bindings: { pairsOn: () => 0 },
    evidence: {
      onBehalfOf: async (_peer: unknown, _wanted: unknown, work: () => Promise<unknown>) => ({
        passed: true,
        value: await work(),
      }),
      delegation: fetch("delegation"),
      tlsa: fetch("tlsa"),
      posh: fetch("posh"),
    },
    verifications: { verify: fetch("callback") },
  };
}

function request({ key }: Cell): DialbackRequest {
  return {
    kind: "request",
    sender: { domain: SENDER, text: SENDER },
    target: { domain: TARGET, text: TARGET },
    key: key === "none" ? "" : `a ${key} key`,
  };
}

/** The peer's own reader: what the actor wrote has to be well-formed inside a stream. */
function read(bytes: Uint8Array): Element {
  const reader = new StreamReader();
  reader.feed(Buffer.from(header({ from: TARGET, to: SENDER })));
  const [item] = reader.feed(bytes);
  if (item?.kind !== "element") throw new Error(`No verdict: ${new TextDecoder().decode(bytes)}`);
  return item.element;
}

function resultOf(answer: Element): Pick<Judged, "result" | "condition" | "errorType"> {
  const { type } = answer.attributes;
  if (type === "valid") return { result: "granted" };
  if (type === "invalid") return { result: "invalid" };
  const { condition, type: errorType } = errorOf(answer);
  return { result: "denied", condition, ...(errorType === undefined ? {} : { errorType }) };
}
