/** Each safety rule as one act: the product passes it, a server that breaks the rule is caught by it. */
import assert from "node:assert/strict";
import { arrival, bidiArrival, bounced, calledBack, grant, message, reply } from "../federation/acts.ts";
import { selfSigned } from "../harness/certificates.ts";
import { granted, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import { NS } from "../peer/names.ts";
import { answer, CLOSING, denial, FEATURE, header, open, request, secure, verdict } from "../peer/stream.ts";
import type { Broken } from "./rules.ts";

interface Rule {
  readonly act: (stage: Stage) => Promise<void>;
  readonly options?: StageOptions;
}

/** An unsigned delegation proves nothing: no grant without proof. */
async function unsignedIsDenied(stage: Stage): Promise<void> {
  const { o } = await stage.initiate();
  o.send(request("unsigned.example", "target.example"));
  await o.denial("unsigned.example", "target.example", "auth", "not-authorized");
}

/** A stanza of a pair never granted reaches nobody. */
async function strangersAreDiscarded(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  const o = await stage.initiateWith();
  o.send(message("romeo@sender.example", "nurse@other-target.example", "early"));
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  await granted(o, "sender.example", "other-target.example");
  o.send(message("romeo@sender.example", "nurse@other-target.example", "m2"));
  await nurse.message({ id: "m2" });
}

/** Nothing of a pair is sent while its verdict is owed. */
async function pairsWaitForTheirVerdict(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  nurse.say("nurse", "romeo@sender.example", "early");
  await r.request("other-target.example", "sender.example");
  juliet.say("juliet", "romeo@sender.example", "m2");
  await r.message({ id: "m2" });
  r.send(verdict("other-target.example", "sender.example", "valid"));
  await r.message({ id: "early" });
}

/** A denied pair sends nothing: its stanza is bounced. */
async function denialsBounce(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(denial("target.example", "sender.example", "cancel", "not-allowed"));
  await Promise.race([
    bounced(juliet, "m1", "remote-server-timeout", "cancel"),
    r.anyElement("nothing at all").then((seen) => assert.fail(`sent after the denial: ${seen.raw}`)),
  ]);
}

/** When the delegation is gone, what still comes in is not delivered. */
async function revocationStops(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  await granted(o, "other-sender.example", "target.example");
  stage.world.delegate(stage.world.zone("sender.example"), ["elsewhere.example"], 1);
  await o.verdict("sender.example", "target.example", "invalid");
  o.send(message("romeo@sender.example", "juliet@target.example", "late"));
  o.send(message("tybalt@other-sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
}

/** When the peer takes a grant back, nothing more is sent before a new one. */
async function withdrawnPairsAskAgain(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(verdict("target.example", "sender.example", "invalid"));
  await stage.server.told({ event: "pair.revoked" });
  juliet.say("juliet", "romeo@sender.example", "m2");
  await r.request("target.example", "sender.example");
}

/** Bogus DNS is never a reason to call back, whatever the key (5.7). */
async function bogusIsNotCalledBack(stage: Stage): Promise<void> {
  const { o } = await stage.initiate();
  o.send(request("bogus.example", "target.example", "a key"));
  await o.denial("bogus.example", "target.example", "auth", "not-authorized");
  assert.equal(stage.peer.count, 0);
}

/** On a stream that the server opened the peer chose the id, so a key proves nothing there (2.8). */
async function reverseKeysProveNothing(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(request("unsigned.example", "target.example", "a key"));
  await r.denial("unsigned.example", "target.example", "auth", "not-authorized");
  assert.equal(stage.peer.count, 1);
}

/** A machine whose records pin another key is nobody: no features, no pair. */
async function strangersAreNoMachines(stage: Stage): Promise<void> {
  const shown = await selfSigned({ names: [ORIGINATING] });
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  await secure(o, { identity: shown, serverName: RECEIVING });
  o.send(header(SERVER_NAMES));
  await o.header();
  await o.streamError("not-authorized");
}

/** Its machine publishes a key that is not the one that the stranger shows. */
const pinned: StageOptions = {
  prepare: (world) =>
    void world.zone("originating.example").set(tlsaOwner(ORIGINATING), "TLSA", [
      tlsa("3 1 1", world.originating),
    ]),
};

/** On a stream without TLS a pair whose policy demands it is neither let in nor heard (Q3). */
async function cleartextIsForLegacyAlone(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  const o = await stage.dial();
  const { features } = await open(o, { from: "sender.example", to: "target.example" });
  assert.equal(features.children[0]?.children.length, 0, "STARTTLS is required of a legacy peer");
  o.send(request("other-sender.example", "target.example", "a key"));
  const questions = calledBack(stage).then(({ r, asked }) => r.send(reply(asked, "valid")));
  await Promise.race([
    o.denial("other-sender.example", "target.example", "cancel", "policy-violation"),
    questions.then(() => assert.fail("a key was asked about that had come without TLS")),
  ]);
  questions.catch(() => {});
  o.send(message("tybalt@other-sender.example", "juliet@target.example", "m1"));
  await o.streamError("not-authorized");
  assert.deepEqual(juliet.stream.waiting, []);
}

/** Without `<starttls>` from a peer that is not legacy nothing goes out, not even a request. */
async function strippedTlsStopsEverything(stage: Stage): Promise<void> {
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@other-sender.example", "m1");
  const visits = (async () => {
    for (;;) {
      const r = await stage.peer.accept();
      await answer(r, crypto.randomUUID(), [FEATURE.dialback]);
      const asked = await r.anyElement("STARTTLS");
      assert.equal(asked.name, "starttls", `said without TLS: ${asked.raw}`);
      r.send(`<failure xmlns='${NS.tls}'/>${CLOSING}`);
      r.wire.fin();
    }
  })();
  await Promise.race([bounced(juliet, "m1", "remote-server-timeout", "wait"), visits]);
  visits.catch(() => {});
}

/** One peer of another policy beside the default. */
const oneLegacyPeer: StageOptions = {
  settings: { policy: { proof: "encrypted", peer: { "sender.example": { proof: "legacy" } } } },
};

/** Dialback is allowed, and a server that is called back in vain is given up soon. */
const callable: StageOptions = {
  settings: { policy: { proof: "encrypted" }, limits: { verify_timeout: "300ms" } },
};

const quick: StageOptions = {
  settings: { limits: { recheck_min: "200ms" } },
  prepare: (world) => void world.delegate(world.zone("sender.example"), [ORIGINATING], 1),
};

const RULES: Record<string, readonly [broken: Broken, rule: Rule]> = {
  "DNA-24: no grant without proof": ["grant_without_proof", { act: unsignedIsDenied }],
  "DNA-36 DNA-41: no stanza in before its grant": ["stanza_before_grant_in", { act: strangersAreDiscarded }],
  "DNA-11 DNA-16: no stanza out before its grant": ["stanza_before_grant_out", {
    act: pairsWaitForTheirVerdict,
  }],
  "DNA-11: a denial never opens": ["denial_opens", { act: denialsBounce }],
  "DNA-53 DNA-56: revocation by us stops what comes in": ["revocation_ignored", {
    act: revocationStops,
    options: quick,
  }],
  "DNA-25: bogus DNS is never called back": ["bogus_is_insecure", {
    act: bogusIsNotCalledBack,
    options: callable,
  }],
  "BID-9: a reverse request is never proven by its key": ["reverse_key_counts", {
    act: reverseKeysProveNothing,
    options: callable,
  }],
  "DNA-20 R-7: a name is the machine's whose key its records pin": ["any_machine", {
    act: strangersAreNoMachines,
    options: pinned,
  }],
  "TLS-4 Q3: without TLS a pair comes in by its own policy alone": ["cleartext_for_all", {
    act: cleartextIsForLegacyAlone,
    options: oneLegacyPeer,
  }],
  "TLS-4: STARTTLS that is stripped opens nothing": ["cleartext_for_all", {
    act: strippedTlsStopsEverything,
    options: oneLegacyPeer,
  }],
  "DNA-45: revocation by the peer stops what goes out": ["revocation_ignored", {
    act: withdrawnPairsAskAgain,
  }],
};

for (const [name, [broken, { act, options }]] of Object.entries(RULES)) {
  Deno.test(`${name}: the product keeps the rule`, async () => {
    await using stage = await Stage.open(options);
    await act(stage);
  });

  Deno.test(`${name}: a server broken by ${broken} is caught`, async () => {
    await using stage = await Stage.open({ ...options, broken });
    await assert.rejects(act(stage), (error) => {
      assert.ok(error instanceof assert.AssertionError, `caught by ${error}, not by what was seen`);
      return true;
    });
  });
}
