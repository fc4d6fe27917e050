/** Two chapters in which nothing may open: a delegation that is not signed, and one whose signatures are wrong. */
import { errorOf, type Received } from "./component.ts";
import type { Narrator } from "./narrator.ts";
import type { Stage } from "./stage.ts";
import { describeDelegation, event, JULIET, received, told } from "./witness.ts";

const bounced = (id: string) => (message: Received) =>
  message.attributes.id === id && errorOf(message) !== null;

export async function unsignedIsDenied(stage: Stage, narrator: Narrator): Promise<void> {
  const { tybalt, originating, receiving } = stage;
  narrator.say(
    "A domain whose delegation is not signed writes: unsigned.tld, hosted by originating.tld as well.",
  );
  const [here, there] = [originating.events.length, receiving.events.length];
  const insecure = event("delegation.resolved", { domain: "unsigned.tld", security: "insecure" });
  const denied = event("pair.denied", { direction: "in" }, "target.tld", "unsigned.tld");
  await tybalt.say("tybalt", JULIET, "m4", "What, drawn, and talk of peace?");
  await narrator.step(
    "unsigned.delegation",
    "the delegation of unsigned.tld proves nothing",
    () => told(receiving, there, insecure, describeDelegation),
  );
  await narrator.step(
    "unsigned.denied",
    "the pair is denied",
    () =>
      told(receiving, there, denied, ({ cause, detail }) => [
        `${cause}: <db:result type='error'> ${detail?.condition}; the stream stays open`,
      ]),
  );
  await narrator.step(
    "unsigned.bounced",
    "the message comes back",
    () => received(tybalt, bounced("m4")),
  );
  const ended = event("route.state", { state: "denied" }, "unsigned.tld", "target.tld");
  await narrator.step(
    "unsigned.route",
    "the route is closed for a while",
    () => told(originating, here, ended, ({ cause }) => [`${cause}`]),
  );
}

export async function bogusIsNotTried({ romeo, originating }: Stage, narrator: Narrator): Promise<void> {
  narrator.say("Romeo writes to a domain whose signatures are wrong: bogus.tld.");
  const mark = originating.events.length;
  const bogus = event("delegation.resolved", { domain: "bogus.tld", security: "bogus" });
  const ended = event("route.state", { state: "backoff" }, "sender.tld", "bogus.tld");
  await romeo.say("romeo", "juliet@bogus.tld", "m5", "Is this a lie?");
  await narrator.step(
    "bogus.delegation",
    "its delegation is bogus",
    () => told(originating, mark, bogus, describeDelegation),
  );
  await narrator.step("bogus.bounced", "the message comes back", () => received(romeo, bounced("m5")));
  await narrator.step("bogus.no-connection", "no connection was even tried", async () => {
    const seen = await told(originating, mark, ended, ({ cause }) => [`${cause}`]);
    const tries = originating.events.slice(mark).filter(({ type }) => type.startsWith("connection."));
    return tries.length === 0 ? seen : null;
  });
}
