/** What no path through a machine may do, as laws for `breach` (style.md rule 25). */
import type { AnyEventObject, AnyMachineSnapshot } from "xstate";
import { type Law, type Step, Violation } from "./explore.ts";

const names = ({ effects }: Step): string[] => effects.map(({ type }) => type);

/** Remembers one word per path, and judges every effect with its event. */
function law<Memory>(
  start: Memory,
  judge: (memory: Memory, effect: AnyEventObject, step: Step) => Memory | Violation,
  heed: (memory: Memory, step: Step) => Memory = (memory) => memory,
): Law<Memory> {
  return {
    start,
    step(memory, step) {
      let now: Memory | Violation = heed(memory, step);
      for (const effect of step.effects) {
        if (now instanceof Violation) return now;
        now = judge(now, effect, step);
      }
      return now;
    },
  };
}

/** Effects that write XML. */
const isXml = (type: string) =>
  type.startsWith("send ") || ["open stream", "answer header", "close stream"].includes(type);

/** protocol.md 4.9: our closing tag is the last that we send. */
export const silentAfterClosing = law(false, (closed, { type }) => {
  const allowed = ["end connection", "drop connection", "report over"];
  if (closed && !allowed.includes(type)) return new Violation(`\`${type}\` after \`close stream\``);
  return closed || type === "close stream";
});

/** RFC 6120 4.9.1.1: at most one stream error, and none in answer to one; the closing tag follows it. */
export const oneErrorAtMost: Law<"none" | "ours" | "theirs"> = {
  start: "none",
  step(memory, step) {
    const sent = names(step).filter((name) => name === "send error").length;
    if (sent > (memory === "none" && step.event.type !== "error.received" ? 1 : 0)) {
      return new Violation(`an error after ${memory === "none" ? "the peer's" : memory}`);
    }
    if (sent === 1 && names(step)[names(step).indexOf("send error") + 1] !== "close stream") {
      return new Violation("an error without a closing tag");
    }
    if (sent === 1) return "ours";
    return step.event.type === "error.received" ? "theirs" : memory;
  },
};

/** `report over` comes exactly once: as the last effect, on the way into the final state. */
export const overOnceAndLast: Law<null> = {
  start: null,
  step(_, step) {
    const all = names(step);
    const expected = step.after.status === "done" && step.before?.status !== "done" ? 1 : 0;
    if (all.filter((name) => name === "report over").length !== expected) {
      return new Violation(`\`report over\` should come ${expected} times`);
    }
    if (expected === 1 && all.at(-1) !== "report over") return new Violation("`report over` is not the last");
    return null;
  },
};

/** protocol.md 7.1: the pair of the header is let in by `<success/>` to our claim, and by nothing else. */
export const authenticatedBySuccess: Law<"no" | "claimed" | "yes"> = {
  start: "no",
  step(memory, step) {
    const claimed = names(step).includes("send auth") ? "claimed" : memory;
    const now = memory === "claimed" && step.event.type === "sasl.succeeded" ? "yes" : claimed;
    const said = step.effects.some(({ type, authenticated }) =>
      type === "report established" && authenticated
    );
    return said && now !== "yes" ? new Violation("authenticated without `<success/>`") : now;
  },
};

/** protocol.md 7.1: success only to a claim that was accepted. */
export const onlyIfAccepted = law(
  null,
  (memory, { type }, { event }) =>
    type === "send success" && event.outcome !== "accepted"
      ? new Violation(`success upon ${event.type}`)
      : memory,
);

/** protocol.md: what says that the name in the header is proven. */
function isProof(event: AnyEventObject): boolean {
  if (event.type === "header.received") return event.mode === "server-name" && event.named === true;
  return event.type === "machine.judged" ? event.refusal === null : event.proven === true;
}

/** protocol.md R-7: a stream between server names is established by a proof of the peer's name, and by nothing else. */
export const namedFirst = law(
  null,
  (memory, { type, mode }, { event }) =>
    type === "report established" && mode === "server-name" && !isProof(event)
      ? new Violation(`established upon ${event.type}`)
      : memory,
);

/** protocol.md: EXTERNAL is offered for a name that was proven, and for nothing else. */
export const offeredToTheProven = law(
  null,
  (memory, { type, external }, { event }) => {
    return type === "send features" && external && !isProof(event)
      ? new Violation("offered to the unproven")
      : memory;
  },
);

/** protocol.md 7.1: the fourth failure is not told any more, it ends the stream. */
export const threeFailures = law(0, (failures, { type }) => {
  if (type !== "send failure") return failures;
  return failures === 3 ? new Violation("a fourth failure") : failures + 1;
});

/** The pair of the header opens after success, behind the features of the stream that follows it, once. */
export const admittedAfterSuccess = law<"no" | "success" | "features">("no", (state, { type }) => {
  if (type === "send success") return "success";
  if (type === "send features") return state === "success" ? "features" : "no";
  if (type !== "admit header pair") return state;
  return state === "features" ? "no" : new Violation("admitted without success and features");
});

/** RFC 6120 5.4.3: from `start tls` to the end of the handshake there is no stream to write to. */
export const silentInHandshake = law(
  false,
  (handshaking, { type }) => {
    if (handshaking && isXml(type)) return new Violation(`\`${type}\` during the handshake`);
    return handshaking || type === "start tls";
  },
  (handshaking, { event }) => handshaking && event.type !== "tls.secured",
);

/** Nothing that rests on TLS before TLS was secured without a refusal. An order may name its stage. */
export const securedFirst = (...orders: readonly string[]) =>
  law(
    false,
    (secured, { type, stage }) => {
      const order = stage === undefined ? type : `${type} ${stage}`;
      return !secured && orders.includes(order) ? new Violation(`\`${order}\` without TLS`) : secured;
    },
    (secured, { event, before }) =>
      secured || (isHandshaking(before) && event.type === "tls.secured" && (event.refusal ?? null) === null),
  );

/** Downgrade: once the peer has offered STARTTLS before TLS, nothing is established without it. */
export const offeredTlsIsTaken: Law<"open" | "offered" | "secured"> = {
  start: "open",
  step(memory, step) {
    const discovering = step.before?.matches({ negotiating: "discovering" }) === true;
    const offered = discovering && step.event.type === "features.received" && step.event.starttls;
    const secured = isHandshaking(step.before) && step.event.type === "tls.secured";
    const now = secured ? "secured" : offered ? "offered" : memory;
    return now === "offered" && names(step).includes("report established")
      ? new Violation("established without the TLS that was offered")
      : now;
  },
};

/** what anybody on the way could have offered opens nothing. */
export const clearMeansNothing = law(
  false,
  (secured, { type, bidi, dna, authenticated }) =>
    !secured && type === "report established" && (bidi || dna || authenticated)
      ? new Violation("believed without TLS")
      : secured,
  (secured, { event, before }) => secured || (isHandshaking(before) && event.type === "tls.secured"),
);

const isHandshaking = (snapshot: AnyMachineSnapshot | null) =>
  snapshot !== null &&
  (snapshot.matches({ negotiating: "securing" }) || snapshot.matches({ negotiating: "handshaking" }));

/** RFC 6120 4.9.1.2: on the receiving side our header is the first thing in every stream. */
export const headerFirst = law(false, (answered, { type }) => {
  if (type === "start tls") return false;
  // A new stream follows.
  if (type === "send success" && answered) return false;
  if (!answered && isXml(type) && type !== "answer header") {
    return new Violation(`\`${type}\` before our header`);
  }
  if (answered && type === "answer header") return new Violation("two headers");
  return answered || type === "answer header";
});

/** At most once per path. */
export const once = (order: string) =>
  law(
    false,
    (given, { type }) =>
      given && type === order ? new Violation(`\`${order}\` twice`) : given || type === order,
  );

/** On no path at all. */
export const never = (order: string) =>
  law(null, (memory, { type }) => type === order ? new Violation(`\`${order}\``) : memory);

/** `order` only as the answer to one of `events`. */
export const onlyUpon = (order: string, ...events: string[]) =>
  law(
    null,
    (memory, { type }, { event }) =>
      type === order && !events.includes(event.type)
        ? new Violation(`\`${order}\` upon ${event.type}`)
        : memory,
  );

/** `order` only after `first` was ordered; `again` takes that back. */
export const onlyAfter = (order: string, first: string, again: readonly string[] = []) =>
  law(false, (given, { type }) => {
    if (type === order && !given) return new Violation(`\`${order}\` before \`${first}\``);
    if (again.includes(type)) return false;
    return given || type === first;
  });

/** Of `orders` exactly one on every path that ends, except where `quiet` ended it. */
export const exactlyOne = (orders: readonly string[], ...quiet: string[]): Law<number> => ({
  start: 0,
  step(given, step) {
    const now = given + names(step).filter((name) => orders.includes(name)).length;
    if (now > 1) return new Violation(`more than one of ${orders.join(", ")}`);
    const ended = step.after.status === "done" && step.before?.status !== "done";
    if (ended && now === 0 && !quiet.includes(step.event.type)) return new Violation("ended without a word");
    return now;
  },
});

/** protocol.md 3.9: a proof ends by its hard bound, a definite negative, or the third bogus answer in a row. */
export const endsForAReason: Law<number> = {
  start: 0,
  step(bogus, step) {
    const asked = step.before?.matches({ alive: "rechecking" }) ?? false;
    const late = step.before?.matches({ alive: "postponed" }) ?? false;
    const answered = asked && !step.after.matches({ alive: "rechecking" });
    const now = !answered ? bogus : step.event.type === "recheck.bogus" ? bogus + 1 : 0;
    const reasoned = step.event.type.startsWith("xstate.after.hard") ||
      (answered && now === 3) ||
      ((asked || late) && step.event.type === "recheck.negative");
    if (names(step).includes("end proof") !== reasoned) {
      return new Violation(
        `${reasoned ? "not ended" : "ended"} by ${step.event.type}, ${now} bogus in a row`,
      );
    }
    return now;
  },
};

/** protocol.md 2.10: at most four connections from one `resolve` to the next. */
export const fourConnections = law(0, (opened, { type }) => {
  if (type === "resolve") return 0;
  if (type !== "obtain connection") return opened;
  return opened === 4 ? new Violation("a fifth connection") : opened + 1;
});

/** at most one request upon a revocation before the way starts anew. */
export const askedAgainOnce = law(false, (asked, { type }, { event }) => {
  if (type === "resolve") return false;
  if (type !== "request pair" || event.type !== "assertion.revoked") return asked;
  return asked ? new Violation("asked again twice") : true;
});

/** No stanza is forgotten: where the pair gives up, the queue is bounced; only a loss, a revocation or 8.4 lets it wait. */
export const nothingStranded: Law<null> = {
  start: null,
  step(_, step) {
    const gaveUp = ["denied", "backoff", "over"].some((state) =>
      step.after.matches(state) && step.before !== null && !step.before.matches(state)
    );
    const lost = ["assertion.lost", "assertion.revoked"].includes(step.event.type) &&
      step.before?.matches("authorised");
    // A denied route's queue is empty, and so is one that nobody wants any more.
    const empty = step.before?.matches("denied") && step.after.matches("backoff") ||
      step.event.type.startsWith("xstate.after.keep.");
    const postponed = step.event.type === "connection.postponed";
    const excused = lost || postponed || empty;
    if (gaveUp && !names(step).includes("bounce queue") && !excused) {
      return new Violation("the queue is stranded");
    }
    return null;
  },
};

/** Whoever is bounced to hears why: no way to a bounce leaves the cause open. */
export const bouncedForACause = law(
  null,
  (memory, effect) => {
    const silent = effect.type === "bounce queue" && (effect as { cause?: unknown }).cause === null;
    return silent ? new Violation("bounced without a cause") : memory;
  },
);

/** after `drain.wanted` nothing new is begun. */
export const nothingNewOnceDrained = law(
  false,
  (draining, { type }) => {
    const begins = ["resolve", "reuse connection", "obtain connection", "request pair"];
    return draining && begins.includes(type) ? new Violation(`\`${type}\` while draining`) : draining;
  },
  (draining, { event }) => draining || event.type === "drain.wanted",
);

/** `order` never once `event` was taken in `state` of the negotiation. */
export const neverAfterTaken = (order: string, event: string, state: string) =>
  law(
    false,
    (late, { type }) => late && type === order ? new Violation(`\`${order}\` after ${event}`) : late,
    (late, { event: { type }, before }) =>
      late || (type === event && before!.matches({ negotiating: state })),
  );

/** `order` only upon an event whose `field` is true. */
export const onlyIf = (order: string, field: string) =>
  law(
    null,
    (memory, { type }, { event }) =>
      type === order && event[field] !== true ? new Violation(`\`${order}\` without ${field}`) : memory,
  );

/** Q12, Q8: the tables come before the verdict. */
export const grantedFirst = law(
  false,
  (granted, { type }, { event }) => {
    if (type === "send valid" && !granted && event.type !== "request.known") {
      return new Violation("not granted");
    }
    return granted || type === "grant";
  },
);

/** XEP-0220 2.1.2, XEP-0344: `confirmed` only upon `valid` to our question, the rest only upon what says it. */
export const confirmedByAnswer = law(false, (asked, { type, outcome }, { event }) => {
  const valid = event.type === "answer.received" && event.verdict === "valid" && asked;
  const same = event.type === "connection.ready" && event.same === true;
  if (type === "report" && outcome === "confirmed" && !valid) {
    return new Violation("confirmed without `valid`");
  }
  if (type === "report" && outcome === "same-certificate" && !same) {
    return new Violation("same without looking");
  }
  if (type === "report" && outcome === "refuted" && event.verdict !== "invalid") {
    return new Violation("refuted");
  }
  return asked || type === "send verify";
});

/** D1 6: nothing for the pair leaves before `valid`; draining lets go only what was open. */
export const flushedWhenOpen = law(null, (memory, { type }, { event, before }) => {
  const open = event.type === "assertion.authorised" ||
    (event.type === "drain.wanted" && before?.matches("authorised"));
  return type === "flush" && !open ? new Violation(`flushed upon ${event.type}`) : memory;
});

/** A request needs a connection: one just made ready, or the one whose pair was revoked. */
export const requestedOnConnection = law(null, (memory, { type }, { event }) => {
  const on = ["connection.ready", "assertion.revoked"].includes(event.type);
  return type === "request pair" && !on ? new Violation(`requested upon ${event.type}`) : memory;
});
