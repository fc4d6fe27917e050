/** Chains of trust that break, end or go round about, on a server whose clock and whose DNS can be changed. console.md 6 D3. */
import assert from "node:assert/strict";
import { PROOF_TIMERS } from "../../../machines/proof.ts";
import { Stage } from "../../harness/stage.ts";
import { srvOwner, type World } from "../../harness/world.ts";
import type { Component } from "../../peer/component.ts";
import type { Conversation } from "../../peer/conversation.ts";
import { tokenOf } from "../../api/ask.ts";
import { type Place, scene } from "./fixture.ts";
import type { Visitor } from "./visitor.ts";

interface Set extends Place {
  readonly stage: Stage;
  readonly juliet: Component;
  readonly peer: Conversation;
}

function prepare(world: World): void {
  world.zone("sender.example").signatureLifetimeS = 3600;
  world.customer("cut.example").damage("cut.example", "DNSKEY", "corrupt");
  world.addZone("hashed.example", { denial: "nsec3" });
  world.customer("child.hashed.example", undefined, { signed: false });
  world.addZone("alias.example").set(srvOwner("alias.example"), "CNAME", [srvOwner("sender.example")]);
  // Of the whole service's names one DNAME, which is what a customer may have who moves (RFC 6672).
  world.addZone("moved.example").set("_tcp.moved.example", "DNAME", ["_tcp.sender.example"]);
  world.addZone("wild.example").set("*.wild.example", "SRV", [{
    target: "xmpp1.originating.example",
    port: 5269,
    priority: 0,
    weight: 0,
  }]);
}

async function open(stack: AsyncDisposableStack): Promise<Set> {
  const stage = stack.use(await Stage.open({ movedClock: true, prepare }));
  const juliet = stack.use(await stage.component());
  const peer = stack.use(await stage.initiateWith());
  return { origin: stage.server.console, token: await tokenOf(stage, "console"), stage, juliet, peer };
}

const test = scene(open);

/** The proof of a pair that somebody has asked for. */
async function proofOf(visitor: Visitor, { juliet, stage }: Set, remote: string): Promise<Link[]> {
  juliet.say("juliet", `romeo@${remote}`, remote);
  await stage.server.eventually(`a route to ${remote}`, () => stage.server.route("target.example", remote));
  const page = await visitor.go(`/routes/target.example/${remote}?tab=proof`);
  await page.locator(`[data-seen='${remote}'] .link`).first().waitFor();
  return await linksOf(visitor, `[data-seen='${remote}']`);
}

interface Link {
  readonly title: string;
  readonly verdict: string;
  readonly text: string;
}

const linksOf = ({ page }: Visitor, card: string): Promise<Link[]> =>
  page.locator(`${card} .link`).evaluateAll((all) =>
    all.map((one) => ({
      title: one.querySelector("h3")!.textContent!,
      verdict: one.className.replace("link ", ""),
      text: one.textContent!,
    }))
  );

const path = (links: readonly Link[]) => links.map(({ title, verdict }) => `${title} ${verdict}`);

test("D3.3: the link that breaks, and it alone, is red and says why; what comes after it was not reached", async ({ visit, place }) => {
  await using visitor = await visit();
  const links = await proofOf(visitor, place, "cut.example");
  assert.deepEqual(path(links), [
    ". good",
    "example good",
    "cut.example bad",
    "_xmpp-server._tcp.cut.example unreached",
  ]);
  assert.match(links[2]!.text, /✕ .*cut\.example\. DNSKEY/);
  assert.match(links[3]!.text, /not reached/);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("chain-broken");
  const record = await proofOf(visitor, place, "bogus.example");
  assert.deepEqual(path(record), [
    ". good",
    "example good",
    "bogus.example good",
    "_xmpp-server._tcp.bogus.example bad",
  ]);
  assert.match(record[3]!.text, /SRV.*✕ .*signature/);
  // Where the reason stands beside it, a link that breaks does not say how long it would have held.
  await visitor.go("/routes/target.example/bogus.example?tab=why");
  await visitor.page.locator(".link.bad", { hasText: "✕ does not verify" }).first().waitFor();
  assert.equal(await visitor.page.locator(".link.bad", { hasText: "holds for" }).count(), 0);
  visitor.assertQuiet();
});

test("D3.4: an unsigned delegation is no error: it says which proof there is that it has no DS", async ({ visit, place }) => {
  await using visitor = await visit();
  for (const [remote, proof] of [["unsigned.example", "NSEC"], ["child.hashed.example", "NSEC3"]] as const) {
    const links = await proofOf(visitor, place, remote);
    const unsigned = links.find(({ title }) => title === remote)!;
    assert.equal(unsigned.verdict, "none");
    assert.match(unsigned.text, new RegExp(`no DS at ${remote}, proved by ${proof}$`));
    assert.equal(await visitor.page.locator(".link.bad").count(), 0);
  }
  await visitor.pictures("chain-unsigned");
  visitor.assertQuiet();
});

test("D3.5: an alias, a DNAME and a wildcard are links of their own", async ({ visit, place }) => {
  await using visitor = await visit();
  const alias = await proofOf(visitor, place, "alias.example");
  const [step, data] = alias.slice(-2);
  assert.deepEqual([step!.title, step!.verdict], [srvOwner("alias.example"), "good"]);
  assert.match(step!.text, /CNAME → _xmpp-server\._tcp\.sender\.example/);
  assert.deepEqual([data!.title, data!.verdict], [srvOwner("sender.example"), "good"]);
  const titles = alias.map(({ title }) => title);
  for (const zone of [".", "example", "alias.example", "sender.example"]) assert(titles.includes(zone), zone);
  const moved = await proofOf(visitor, place, "moved.example");
  const [dname, served] = moved.slice(-2);
  assert.deepEqual([dname!.title, dname!.verdict], ["_tcp.moved.example", "good"]);
  assert.match(dname!.text, /DNAME → _tcp\.sender\.example.*key \d+/);
  assert.deepEqual([served!.title, served!.verdict], [srvOwner("sender.example"), "good"]);
  await visitor.pictures("chain-dname");
  const wild = await proofOf(visitor, place, "wild.example");
  assert.match(wild.at(-1)!.text, /SRV, by a wildcard/);
  await visitor.pictures("chain-alias");
  visitor.assertQuiet();
});

test("C7, D3.7: past its end a chain is red, its pair is looked at again, and then it is no pair any more", async ({ visit, place }) => {
  await using visitor = await visit();
  const { server, world } = place.stage;
  const page = await visitor.go("/connections/c-1?tab=proofs");
  const card = "[data-proof='sender.example']";
  await page.locator(`${card} .link`).first().waitFor();
  assert.equal(await page.locator(`${card} .link.bad`).count(), 0);
  await using beside = await visit();
  await beside.go("/routes/target.example/sender.example");
  await beside.page.locator(".head .pill.good", { hasText: "authorised" }).waitFor();
  const loads: string[] = [];
  for (const one of [page, beside.page]) one.on("framenavigated", (frame) => loads.push(frame.url()));
  const due = async () => (await server.api("/proofs?q=domain:sender.example")).proofs[0];
  world.dns.outage();
  await server.advanceTo((await due()).recheckAt);
  await page.locator(card, { hasText: "postponed" }).waitFor(); // no question is under way any more
  world.dns.resume();
  await server.advance(PROOF_TIMERS.postponeMs);
  await page.locator(card, { hasText: "held" }).waitFor();
  world.dns.outage();
  const proof = await due();
  await server.advanceTo(proof.recheckAt);
  await page.locator(card, { hasText: /rechecking|postponed/ }).waitFor();
  // The page goes by the clock of who looks.
  await page.clock.setFixedTime(Date.parse(proof.expires) + 1000);
  await page.locator(`${card} .link.bad`).first().waitFor();
  const links = await linksOf(visitor, card);
  const broken = links.findIndex(({ verdict }) => verdict === "bad");
  assert.match(links[broken]!.text, /expired/);
  assert.deepEqual([...new Set(links.slice(broken + 1).map(({ verdict }) => verdict))], ["unreached"]);
  await visitor.pictures("chain-ended");
  await server.advanceTo(proof.expires);
  await page.locator(card).waitFor({ state: "detached" });
  const route = await server.route("target.example", "sender.example");
  assert.deepEqual(route?.recv ?? [], []);
  await beside.page.locator(".head .pill", { hasText: "authorised" }).waitFor({ state: "detached" });
  await beside.pictures("route-ended");
  assert.deepEqual(loads, []);
  world.dns.resume();
  visitor.assertQuiet();
});
