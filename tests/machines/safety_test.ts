/** Safety over all paths, each law with a machine that breaks it (style.md rule 25). */
import assert from "node:assert/strict";
import type { AnyStateMachine } from "xstate";
import { breach, broken, type Law, type World } from "./explore.ts";
import * as laws from "./laws.ts";
import {
  ANSWERING,
  ASKING,
  CLEARTEXT,
  COMPONENT,
  DIRECT,
  INBOUND,
  LENIENT,
  OUTBOUND,
  PROOF,
  ROUTE,
  VERIFYING,
} from "./worlds.ts";

/** How a law is shown to be able to fail: what is done to the configuration of a machine that keeps it. */
// deno-lint-ignore no-explicit-any
type Sabotage = (states: any) => void;

function keeps<M extends AnyStateMachine, Memory>(
  what: string,
  world: World<M>,
  law: Law<Memory>,
  sabotage: Sabotage,
): void {
  Deno.test(`safety, ${world.machine.id}: ${what}`, () => {
    assert.equal(breach(world, law), null);
    const bad = broken(world, (config) => sabotage(config.states));
    assert.notEqual(breach(bad, law), null, "the law did not catch a machine that breaks it");
  });
}

const CLOSE_WITH = (condition: string) => ({
  type: "send error",
  params: { condition, cause: "stream.error" },
});

for (const world of [OUTBOUND, INBOUND, COMPONENT] as World<AnyStateMachine>[]) {
  const begun = world === OUTBOUND ? "connecting" : world === INBOUND ? "negotiating" : "opening";
  keeps("nothing but the end follows our closing tag", world, laws.silentAfterClosing, ({ closing }) => {
    closing.states.answering.on["error.received"] = { actions: CLOSE_WITH("reset") };
  });
  keeps(
    "at most one stream error, none in answer to one, and the tag behind it",
    world,
    laws.oneErrorAtMost,
    (s) => {
      const talking = s.negotiating ?? s.authenticating;
      talking.on["error.received"] = { target: "#closing", actions: [CLOSE_WITH("reset"), "close stream"] };
    },
  );
  keeps("`report over` comes once, as the last", world, laws.overOnceAndLast, (states) => {
    states[begun].exit = "report over";
  });
}

for (const world of [OUTBOUND, INBOUND] as World<AnyStateMachine>[]) {
  const handshake = world === OUTBOUND ? "securing" : "handshaking";
  keeps("no XML during the handshake", world, laws.silentInHandshake, ({ negotiating }) => {
    negotiating.states[handshake].on["close.requested"] = { target: "#closing", actions: "close stream" };
  });
  keeps(
    "established only after TLS was secured without a refusal",
    world,
    laws.securedFirst("report established"),
    ({
      negotiating,
    }) => {
      // Goes on in cleartext, as if the handshake had been.
      const [plain, next] = world === OUTBOUND ? ["proceeding", "reopening"] : ["securing", "reopening"];
      negotiating.states[plain].on[world === OUTBOUND ? "tls.refused" : "request.received"] = next;
    },
  );
  keeps(
    "idle is asked of established streams alone",
    world,
    laws.onlyAfter("check idle", "report established"),
    ({
      negotiating,
    }) => {
      negotiating.states.opening.after.idle = { actions: "check idle" };
    },
  );
}

for (const world of [INBOUND, COMPONENT] as World<AnyStateMachine>[]) {
  keeps("our header is the first thing in every stream", world, laws.headerFirst, (states) => {
    const opening = states.opening ?? states.negotiating.states.opening;
    opening.on["fault.found"] = { target: "#closing", actions: [CLOSE_WITH("reset"), "close stream"] };
  });
}

// -- initiating

keeps(
  "a certificate that is refused is no TLS",
  OUTBOUND,
  laws.securedFirst("report established"),
  (states) => {
    states.negotiating.states.securing.on["tls.secured"] = "reopening";
  },
);
keeps("bidi only inside TLS", OUTBOUND, laws.securedFirst("send bidi"), ({ negotiating }) => {
  negotiating.states.discovering.entry = "send bidi";
});
keeps("bidi once", OUTBOUND, laws.once("send bidi"), ({ established }) => {
  established.entry = "send bidi";
});
keeps(
  "bidi before the first request",
  OUTBOUND,
  laws.onlyUpon("send bidi", "features.received"),
  ({ negotiating }) => {
    negotiating.states.ready.on["request.written"] = { target: "#established", actions: "send bidi" };
  },
);
keeps(
  "TLS is asked for before it starts",
  OUTBOUND,
  laws.onlyAfter("start tls", "send starttls"),
  (states) => {
    states.negotiating.states.opening.on["tls.proceed"] = { target: "securing", actions: "start tls" };
  },
);

keeps("EXTERNAL only inside TLS", OUTBOUND, laws.securedFirst("send auth"), ({ negotiating }) => {
  negotiating.states.discovering.entry = "send auth";
});
keeps("without TLS no EXTERNAL", CLEARTEXT, laws.securedFirst("send auth"), ({ negotiating }) => {
  negotiating.states.discovering.on["features.received"].unshift({ target: "authenticating" });
});
keeps("EXTERNAL is tried once", OUTBOUND, laws.once("send auth"), ({ negotiating }) => {
  negotiating.states.authenticating.on["sasl.failed"] = { target: "authenticating", reenter: true };
});
keeps("authenticated by success alone", OUTBOUND, laws.authenticatedBySuccess, ({ negotiating }) => {
  negotiating.states.authenticating.on["sasl.failed"] = {
    target: "restarting",
    actions: "note authenticated",
  };
});
keeps("established once", OUTBOUND, laws.once("report established"), ({ negotiating }) => {
  negotiating.states.ready.on["request.written"] = { target: "#established", actions: "report established" };
});
keeps("without TLS no bidi", CLEARTEXT, laws.securedFirst("send bidi"), ({ negotiating }) => {
  negotiating.states.ready.entry = "send bidi";
});
keeps("STARTTLS that is offered is taken", CLEARTEXT, laws.offeredTlsIsTaken, ({ negotiating }) => {
  delete negotiating.states.discovering.on["features.received"][1].guard;
});
keeps("without TLS it believes no offer", CLEARTEXT, laws.clearMeansNothing, ({ negotiating }) => {
  const [, clear] = negotiating.states.discovering.on["features.received"];
  clear.actions[0] = {
    ...clear.actions[0],
    params: { bidi: false, dna: true, errors: true, dialback: true },
  };
});
keeps(
  "where TLS is required an old peer is not asked without it",
  OUTBOUND,
  laws.securedFirst("report established"),
  ({ negotiating }) => {
    delete negotiating.states.opening.on["header.received"][1].guard;
  },
);
keeps(
  "direct TLS: established only after TLS was secured without a refusal",
  DIRECT,
  laws.securedFirst("report established", "open stream"),
  (states) => {
    states.connecting.on["tcp.connected"].shift();
  },
);
keeps("direct TLS: STARTTLS is never sent inside TLS", DIRECT, laws.never("send starttls"), (states) => {
  states.negotiating.states.rediscovering.entry = "send starttls";
});

// -- receiving

keeps("bidi only inside TLS", INBOUND, laws.securedFirst("enable bidi"), ({ negotiating }) => {
  negotiating.states.securing.on["bidi.received"] = { actions: "enable bidi" };
});
keeps("bidi once", INBOUND, laws.once("enable bidi"), ({ negotiating }) => {
  negotiating.states.offering.on["bidi.received"] = { actions: "enable bidi" };
});
keeps(
  "bidi before the first request",
  INBOUND,
  laws.neverAfterTaken("enable bidi", "request.received", "offering"),
  ({
    negotiating,
  }) => {
    negotiating.states.requesting.on["bidi.received"] = { actions: "enable bidi" };
  },
);
keeps("limits are raised once", INBOUND, laws.once("raise limits"), ({ established }) => {
  established.entry = "raise limits";
});
keeps(
  "limits are raised for a proven name or a pair, inside TLS",
  INBOUND,
  laws.onlyUpon("raise limits", "header.received", "name.judged", "machine.judged", "pair.opened"),
  ({ negotiating }) => {
    negotiating.states.requesting.entry = "raise limits";
  },
);
keeps("limits are raised inside TLS", INBOUND, laws.securedFirst("raise limits"), ({ negotiating }) => {
  negotiating.states.securing.entry = "raise limits";
});
keeps(
  "the secure features come inside TLS",
  INBOUND,
  laws.securedFirst("enable bidi", "raise limits"),
  (states) => {
    states.negotiating.states.securing.on["request.received"] = "offering";
  },
);

keeps(
  "EXTERNAL is offered to whom the certificate proves",
  INBOUND,
  laws.offeredToTheProven,
  ({ negotiating }) => {
    delete negotiating.states.proving.on["name.judged"][0].guard;
  },
);
keeps("a server-name stream is established for a name that is proven", INBOUND, laws.namedFirst, (s) => {
  delete s.negotiating.states.reopening.on["header.received"][1].guard;
});
keeps("its own records prove a machine's name, or the stream ends", INBOUND, laws.namedFirst, (states) => {
  states.negotiating.states.vouching.on["machine.judged"].shift();
});
keeps("success to whom EXTERNAL was offered", INBOUND, laws.onlyIfAccepted, ({ negotiating }) => {
  negotiating.states.offering.on["auth.received"].shift();
  negotiating.states.offering.on["auth.received"].unshift({ target: "restarting", actions: "send success" });
});
keeps("three failures, no more", INBOUND, laws.threeFailures, ({ negotiating }) => {
  negotiating.states.offering.on["auth.aborted"].shift();
});
keeps(
  "the pair of the header opens after success, behind the features",
  INBOUND,
  laws.admittedAfterSuccess,
  (s) => {
    s.negotiating.states.offering.on["request.received"] = {
      target: "requesting",
      actions: "admit header pair",
    };
  },
);
keeps("no stanza effect before TLS", INBOUND, laws.securedFirst("admit header pair", "send success"), (s) => {
  s.negotiating.states.securing.on["auth.received"] = { target: "restarting", actions: "send success" };
});

keeps(
  "where TLS is required nothing is established without it",
  INBOUND,
  laws.securedFirst("report established", "send features optional"),
  ({ negotiating }) => {
    negotiating.states.securing.on["clear.spoken"] = "clear";
  },
);
keeps(
  "TLS optional: without it nothing that rests on it",
  LENIENT,
  laws.securedFirst(
    ...["send success", "admit header pair", "enable bidi", "prove name", "prove machine"],
    ...["send features secure", "send features authenticated"],
  ),
  ({ negotiating }) => {
    negotiating.states.clear.on = { ...negotiating.states.clear.on, ...negotiating.states.offering.on };
  },
);
keeps(
  "TLS optional: no EXTERNAL before it",
  LENIENT,
  laws.securedFirst("send success"),
  ({ negotiating }) => {
    negotiating.states.choosing.on["auth.received"] = { target: "restarting", actions: "send success" };
  },
);
keeps("TLS optional: three failures, no more", LENIENT, laws.threeFailures, ({ negotiating }) => {
  negotiating.states.choosing.on["auth.received"].shift();
});
keeps(
  "TLS optional: who was answered without it gets none",
  LENIENT,
  laws.neverAfterTaken("start tls", "clear.spoken", "choosing"),
  ({ negotiating }) => {
    negotiating.states.clear.on["starttls.received"] = { target: "handshaking", actions: "start tls" };
  },
);

// -- components

keeps(
  "attached only by the right handshake",
  COMPONENT,
  laws.onlyAfter("report attached", "send handshake"),
  (s) => {
    s.authenticating.entry = "report attached";
  },
);
keeps(
  "the handshake is answered when it is right",
  COMPONENT,
  laws.onlyIf("send handshake", "right"),
  (states) => {
    states.authenticating.on["handshake.received"] = { target: "attached", actions: "send handshake" };
  },
);

// -- assertions

keeps(
  "authorised only upon `valid`",
  ASKING,
  laws.onlyUpon("authorise", "verdict.valid"),
  ({ requested }) => {
    requested.on["verdict.error"] = { target: "authorised", actions: "authorise" };
  },
);
keeps(
  "authorised only after our request",
  ASKING,
  laws.onlyAfter("authorise", "send request"),
  ({ waiting }) => {
    waiting.on["verdict.valid"] = { target: "authorised", actions: "authorise" };
  },
);
keeps("authorised once", ASKING, laws.once("authorise"), ({ authorised }) => {
  authorised.on["verdict.valid"] = { actions: "authorise" };
});
keeps(
  "withdrawn only after it was authorised",
  ASKING,
  laws.onlyAfter("withdraw", "authorise"),
  ({ requested }) => {
    requested.on["verdict.invalid"] = { target: "revoked", actions: { type: "withdraw", params: {} } };
  },
);
keeps(
  "it never ends without a word, nor with two",
  ASKING,
  laws.exactlyOne(["withdraw", "report denied"]),
  (states) => {
    states.authorised.on["connection.over"] = "lost";
  },
);
keeps("no request after its time", ASKING, laws.once("send request"), ({ requested }) => {
  requested.after.verdict = { target: "requested", reenter: true, actions: "send request" };
});

keeps("granted only upon a proof", ANSWERING, laws.onlyUpon("grant", "proof.found"), ({ proving }) => {
  proving.on["proof.missing"] = { target: "granted", actions: ["grant", "send valid"] };
});
keeps(
  "granted only after the evidence was collected",
  ANSWERING,
  laws.onlyAfter("grant", "collect evidence"),
  (s) => {
    s.received.on["proof.found"] = { target: "granted", actions: ["grant", "send valid"] };
  },
);
keeps(
  "one verdict for each request",
  ANSWERING,
  laws.exactlyOne(["send valid", "send error"], "connection.over"),
  (s) => {
    s.proving.after.proof = "denied";
  },
);
keeps("`valid` is granted first, or known", ANSWERING, laws.grantedFirst, ({ proving }) => {
  proving.on["proof.found"] = { target: "granted", actions: ["send valid", "grant"] };
});

// -- verifications

keeps("confirmed only by an answer to our question", VERIFYING, laws.confirmedByAnswer, ({ verifying }) => {
  verifying.states.connecting.on["answer.received"] = verifying.states.asking.on["answer.received"];
});
keeps("its time over, nothing is confirmed", VERIFYING, laws.confirmedByAnswer, ({ verifying }) => {
  verifying.after.verify.actions[1].params.outcome = "confirmed";
});
keeps(
  "one result, unless nobody waits for it",
  VERIFYING,
  laws.exactlyOne(["report"], "request.over"),
  (s) => {
    s.verifying.states.asking.on["connection.over"] = "#verification.answered";
  },
);
keeps("asked once", VERIFYING, laws.once("send verify"), ({ verifying }) => {
  verifying.states.asking.on["connection.ready"] = { target: "asking", reenter: true };
});
keeps(
  "one connection",
  VERIFYING,
  laws.once("connect"),
  ({ verifying }) => {
    verifying.states.connecting.on["connection.failed"] = { target: "connecting", reenter: true };
  },
);
keeps("the connection is let go, whatever happens", VERIFYING, laws.exactlyOne(["let go"]), (s) => {
  s.verifying.states.asking.on["answer.received"][0].actions.shift();
});

// -- proofs

keeps("it ends for a reason, and then always", PROOF, laws.endsForAReason, ({ alive }) => {
  alive.states.rechecking.on["recheck.bogus"].shift();
});
keeps("a temporary failure does not end it", PROOF, laws.endsForAReason, ({ alive }) => {
  alive.states.rechecking.on["recheck.failed"] = alive.states.rechecking.on["recheck.negative"];
});
keeps("it ends once", PROOF, laws.once("end proof"), ({ alive }) => {
  alive.exit = { type: "end proof", params: { cause: "proof.expired" } };
});

// -- routes

keeps(
  "nothing is flushed but by a verdict, or draining what was open",
  ROUTE,
  laws.flushedWhenOpen,
  ({ attempting }) => {
    attempting.states.requesting.entry.push("flush");
  },
);
keeps(
  "a pair is requested on a connection that is there",
  ROUTE,
  laws.requestedOnConnection,
  ({ attempting }) => {
    attempting.states.resolving.on["delegation.found"].unshift({ target: "requesting" });
  },
);
keeps("at most four connections for one attempt", ROUTE, laws.fourConnections, ({ attempting }) => {
  attempting.states.connecting.on["connection.failed"].shift();
  attempting.states.connecting.on["connection.failed"].unshift({ actions: "obtain connection" });
});
keeps("after a revocation it asks once", ROUTE, laws.askedAgainOnce, ({ authorised }) => {
  authorised.on["assertion.revoked"][0].actions = [];
});
keeps("no queue is stranded", ROUTE, laws.nothingStranded, ({ attempting }) => {
  attempting.after.attempt.actions = [];
});
keeps("draining, nothing new is begun", ROUTE, laws.nothingNewOnceDrained, ({ draining }) => {
  draining.on["assertion.lost"] = "attempting";
});
keeps("what is bounced has a cause", ROUTE, laws.bouncedForACause, ({ attempting }) => {
  attempting.after.attempt.actions = ["bounce queue"];
});
