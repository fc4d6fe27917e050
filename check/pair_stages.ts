/** What proves the peer to us, how long, and what it answers. */
import type { Stage } from "../observe/contract.ts";
import { stage, stageOf, type View } from "./stage.ts";

const HOUR_MS = 3_600_000;

export function pairStages(view: View): Stage[] {
  return [
    ...policy(view),
    ...delegation(view),
    ...expiry(view),
    ...offered(view),
    ...errors(view),
    ...result(view),
  ];
}

function policy({ outcome }: View): Stage[] {
  const cause = outcome?.cause ?? null;
  if (cause === null || stageOf(cause) !== "policy") return [];
  return [stage("policy", "fail", { cause }, { cause })];
}

function delegation(view: View): Stage[] {
  const judged = view.of("endpoint.judged");
  const granted = view.of("pair.authorised");
  if (granted !== undefined || judged?.detail?.prooftype) {
    const { prooftype, target = null } = (granted ?? judged!).detail!;
    return [stage("proof.delegation", "ok", { prooftype: prooftype!, target: target ?? null })];
  }
  if (judged?.cause !== undefined) {
    return [stage("proof.delegation", "fail", { cause: judged.cause }, { cause: judged.cause })];
  }
  const cause = view.outcome?.cause ?? null;
  // 3.4: where TLSA is not to be believed nobody is dialled.
  const tlsa = view.events.findLast((event) => event.type === "tlsa.resolved" && event.cause === "dns.bogus");
  if (cause === "dns.bogus" && tlsa !== undefined) {
    const { host = null, port = null } = tlsa.detail!;
    return [
      stage("proof.delegation", "fail", { cause, tlsaOf: `${host}:${port}`, ...view.refused }, { cause }),
    ];
  }
  if (cause === null || stageOf(cause) !== "proof.delegation") return [];
  return [stage("proof.delegation", "fail", { cause }, { cause })];
}

function expiry(view: View): Stage[] {
  const granted = view.of("pair.authorised");
  if (granted === undefined) return [];
  const { expires = null, recheckAt = null } = granted.detail!;
  const evidence = { expires, recheckAt };
  if (typeof expires !== "string") return [stage("proof.expiry", "ok", evidence)];
  if (Date.parse(expires) - view.now > 24 * HOUR_MS) return [stage("proof.expiry", "ok", evidence)];
  // Zones are often signed anew at the last moment: it is looked at again before.
  return [
    stage("proof.expiry", "ok", evidence, { hint: "it ends within a day; it is looked at again before" }),
  ];
}

/** By the feature, or by the namespace that its header declares: older servers know no more (XEP-0220 2.2.2). Whom it let in needs none. */
function offered(view: View): Stage[] {
  const established = view.of("connection.established");
  if (established === undefined) return [];
  if (established.detail!.dialback === true) return [stage("dialback.offered", "ok", { offered: true })];
  if (view.outcome === null) return [];
  if (view.outcome.good) return [stage("dialback.offered", "ok", { offered: false })];
  return [stage("dialback.offered", "warn", { offered: false }, {
    hint: "whom no certificate of its own proves to it cannot ask it for anything",
  })];
}

/** Many servers in good order advertise none (Prosody): it matters where one has refused. */
function errors(view: View): Stage[] {
  const established = view.of("connection.established");
  if (established === undefined) return [];
  if (established.detail!.errors === true) return [stage("dialback.errors", "ok", { offered: true })];
  if (view.outcome === null) return [];
  if (view.outcome.good) return [stage("dialback.errors", "ok", { offered: false })];
  return [stage("dialback.errors", "warn", { offered: false }, {
    hint:
      "it does not advertise dialback errors (XEP-0220 2.5): a refusal may end the whole stream, without a reason",
  })];
}

function result(view: View): Stage[] {
  const { outcome } = view;
  const verdict = view.of("verdict.received");
  if (outcome?.good === true && view.depth === "pair") {
    return [
      stage("dialback.result", "ok", { verdict: verdict?.detail?.verdict ?? "authorised by its features" }, {
        elapsedMs: elapsed(view),
      }),
    ];
  }
  const cause = outcome?.cause ?? null;
  if (cause === null || stageOf(cause) !== "dialback.result") return [];
  if (outcome?.late) return [stage("dialback.result", "unknown", { cause }, { cause })];
  const { verdict: word = null, condition = null } = verdict?.detail ?? {};
  const said = view.of("stream.error")?.detail?.condition ?? null;
  return [
    stage("dialback.result", "fail", { verdict: word, condition: condition ?? said, cause }, { cause }),
  ];
}

function elapsed(view: View): number | null {
  const [asked, answered] = [view.of("request.sent"), view.of("verdict.received")];
  return asked === undefined || answered === undefined
    ? null
    : Date.parse(answered.at) - Date.parse(asked.at);
}
