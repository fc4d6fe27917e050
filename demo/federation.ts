/** First chapters: one pair opens by proof, is answered over the same connection, and a second pair joins it. */
import type { Narrator } from "./narrator.ts";
import type { VeronaProcess } from "./server.ts";
import type { Stage } from "./stage.ts";
import { describeDelegation, event, JULIET, opened, received, told, withId } from "./witness.ts";
import { ORIGINATING, RECEIVING } from "./zones.ts";

export async function romeoWrites(stage: Stage, narrator: Narrator): Promise<void> {
  narrator.say(
    "Romeo writes to Juliet: sender.tld is hosted by originating.tld, target.tld by receiving.tld.",
  );
  await stage.romeo.say("romeo", JULIET, "m1", "But soft, what light through yonder window breaks?");
  await theStreamOpens(stage, narrator);
  await thePairOpens(stage, narrator);
  await narrator.step(
    "message",
    "Romeo's message is at Juliet's component",
    () => received(stage.juliet, withId("m1")),
  );
}

async function theStreamOpens({ originating, receiving }: Stage, narrator: Narrator): Promise<void> {
  const target = event("delegation.resolved", { domain: "target.tld", security: "secure" });
  const names = event("stream.opened", { from: ORIGINATING, to: RECEIVING });
  await narrator.step(
    "delegation.target",
    "target.tld is delegated, and DNSSEC proves it",
    () => told(originating, 0, target, describeDelegation),
  );
  await narrator.step(
    "stream",
    "a stream opens between the server names",
    () => told(receiving, 0, names, ({ detail }) => [`from='${detail?.from}' to='${detail?.to}'`]),
  );
  for (const [server, peer] of [[originating, RECEIVING], [receiving, ORIGINATING]] as const) {
    const accepted = event("connection.secured", { subject: `CN=${peer}`, certificate: "accepted" });
    await narrator.step(
      `tls.${server.plan.role}`,
      `STARTTLS: the certificate of ${peer} is accepted`,
      () =>
        told(
          server,
          0,
          accepted,
          ({ detail }) => [`${detail?.version}, ${detail?.cipher}; showed ${detail?.own}`],
        ),
    );
  }
}

async function thePairOpens({ originating, receiving }: Stage, narrator: Narrator): Promise<void> {
  const sender = event("delegation.resolved", { domain: "sender.tld", security: "secure" });
  const granted = event("pair.granted", { prooftype: "dna-srv" }, "target.tld", "sender.tld");
  await narrator.step(
    "request",
    "the pair is requested",
    () =>
      told(originating, 0, event("request.sent", {}, "sender.tld", "target.tld"), ({ connection }) => [
        `<db:result from='sender.tld' to='target.tld'> on ${connection}`,
      ]),
  );
  await narrator.step(
    "delegation.sender",
    "the other side looks up the sender for itself",
    () => told(receiving, 0, sender, describeDelegation),
  );
  await narrator.step(
    "grant",
    "the delegation names the host in the client certificate: granted",
    () =>
      told(receiving, 0, granted, ({ detail }) => [
        `by ${detail?.prooftype}: ${detail?.target}; looked at again ${detail?.recheckAt}, ends ${detail?.expires}`,
      ]),
  );
  await narrator.step(
    "authorised",
    "the pair is open",
    () =>
      told(originating, 0, event("pair.authorised", {}, "sender.tld", "target.tld"), ({ connection }) => [
        `<db:result type='valid'> on ${connection}; what waited is sent`,
      ]),
  );
}

export async function julietAnswers(stage: Stage, narrator: Narrator): Promise<void> {
  const { romeo, juliet, originating, receiving } = stage;
  narrator.say("Juliet answers.");
  await juliet.say("juliet", "romeo@sender.tld", "m2", "What man art thou that thus bescreened in night?");
  await narrator.step("answer", "her answer is at Romeo's component", () => received(romeo, withId("m2")));
  await narrator.step(
    "bidi",
    "it came back over the same connection",
    () => overTheOneConnection(receiving, originating, "target.tld", "sender.tld"),
  );
}

export async function theNurseWrites(stage: Stage, narrator: Narrator): Promise<void> {
  const { nurse, juliet, originating, receiving } = stage;
  narrator.say("A second customer of originating.tld writes: other-sender.tld.");
  const mark = originating.events.length;
  const authorised = event("pair.authorised", {}, "other-sender.tld", "target.tld");
  await nurse.say("nurse", JULIET, "m3", "Madam, your mother craves a word with you.");
  await narrator.step(
    "second.request",
    "the second pair is requested and granted on the open connection",
    () => told(originating, mark, authorised, ({ connection }) => [`on ${connection}`]),
  );
  await narrator.step(
    "second.message",
    "the message is at Juliet's component",
    () => received(juliet, withId("m3")),
  );
  await narrator.step(
    "second.connection",
    "one TCP connection carries both pairs",
    () => overTheOneConnection(originating, receiving, "other-sender.tld", "target.tld"),
  );
}

/** Both servers have made one connection in all, and `local` to `remote` uses it. */
async function overTheOneConnection(
  server: VeronaProcess,
  other: VeronaProcess,
  local: string,
  remote: string,
) {
  const row = (await server.routes()).find((route) => route.local === local && route.remote === remote);
  const [only, ...more] = opened(server);
  const used = [...row?.send ?? [], ...row?.recv ?? []];
  if (only === undefined || more.length > 0 || opened(other).length !== 1) return null;
  if (used.length === 0 || used.some((id) => id !== only)) return null;
  return {
    by: server.plan.role,
    at: new Date().toISOString(),
    lines: [
      `${local} to ${remote}: sends on ${row!.send}, receives on ${row!.recv}; no other connection was made`,
    ],
    evidence: { local, remote, send: row!.send, recv: row!.recv, connections: [only] },
  };
}
