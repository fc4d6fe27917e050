/**
 * Canaries through a real federation: what must never be shown is looked for in everything that shows anything.
 * console.md 2.4 (redaction), 6 D2.6, X5.
 */
import assert from "node:assert/strict";
import { ENDPOINTS } from "../../observe/api/endpoints.ts";
import { verona } from "../cli/verona.ts";
import { selfSigned } from "../harness/certificates.ts";
import { DIALBACK_SECRET, Stage } from "../harness/stage.ts";
import { NS } from "../peer/names.ts";
import { openSecured, request, verdict } from "../peer/stream.ts";
import { arrival, bounced, calledBack, message, reply } from "./acts.ts";

const SENDER = "sender.example",
  OTHER = "other-sender.example",
  TARGET = "target.example",
  BOTS = "bots.example";
const CANARIES = {
  body: "canary-in-a-body",
  localpart: "canary-romeo",
  resource: "canary-balcony",
  key: "canary0key5e11ba1d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e",
  /** As base64, and what it says. */
  sasl: btoa("canary-authzid.example"),
  authzid: "canary-authzid.example",
  secret: "canary-component-secret",
  dialbackSecret: DIALBACK_SECRET,
};

const FROM = `${CANARIES.localpart}@${SENDER}/${CANARIES.resource}`;

/** Everything that the API shows under GET, for what is there. */
async function outlets(stage: Stage): Promise<Map<string, string>> {
  const { server } = stage;
  const [connections, routes] = [await server.connections(), (await server.api("/routes")).routes];
  const seen = new Map<string, string>();
  for (const { method, path } of ENDPOINTS) {
    if (method !== "GET" || path.endsWith("/ws") || path.endsWith("/events") && !path.includes(":")) continue;
    for (const concrete of paths(path, connections, routes)) seen.set(concrete, await text(stage, concrete));
  }
  assert.ok([...seen.keys()].some((path) => path.endsWith("/events")), "no trace was asked for");
  return seen;
}

function paths(
  path: string,
  connections: { id: string }[],
  routes: { local: string; remote: string }[],
): string[] {
  if (path.includes(":local")) {
    return routes.map(({ local, remote }) => path.replace(":local", local).replace(":remote", remote));
  }
  const ids = [
    ...connections.map(({ id }) => id),
    ...Array.from({ length: 9 }, (_, i) => `c-${i + 1}`),
    "k-1",
    "k-2",
  ];
  return path.includes(":id") ? ids.map((id) => path.replace(":id", id)) : [path];
}

const tokenOf = async (stage: Stage) =>
  (await Deno.readTextFile(`${stage.directory}/data/console.token`)).trim();

async function text(stage: Stage, path: string): Promise<string> {
  const response = await fetch(stage.server.console + path, {
    headers: { authorization: `Bearer ${await tokenOf(stage)}` },
  });
  return await response.text();
}

/** The whole stream so far: of everything, or of one connection. */
async function streamed(stage: Stage, query: string, until: RegExp): Promise<string> {
  const abort = new AbortController();
  const response = await fetch(`${stage.server.console}/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${await tokenOf(stage)}`, "last-event-id": "0" },
    signal: abort.signal,
  });
  let all = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    all += chunk;
    if (until.test(all)) break;
  }
  abort.abort();
  return all;
}

Deno.test("X5: no body, key, SASL data, secret, token or localpart in API, event stream, log, metrics or trace", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" } },
    domains: [{ name: BOTS, component_secret: CANARIES.secret }],
  });
  await using _bots = await stage.component(BOTS);
  await using juliet = await stage.component();

  // Dialback with a key, then a message to Juliet, and one that is bounced.
  const o = await stage.dial();
  const identity = await selfSigned({ names: ["nobody.example"] });
  await openSecured(o, { from: SENDER, to: TARGET }, { identity, serverName: TARGET });
  o.send(request(SENDER, TARGET, CANARIES.key));
  const { r: a, asked } = await calledBack(stage);
  assert.equal(asked.text, CANARIES.key);
  a.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  o.send(message(FROM, `juliet@${TARGET}`, "m1", CANARIES.body));
  assert.match((await juliet.message({ id: "m1" })).raw, new RegExp(CANARIES.body));
  juliet.say(CANARIES.localpart, "nobody@elsewhere.example", "m2", CANARIES.body);
  await bounced(juliet, "m2", "remote-server-not-found", "cancel");
  // Our own key, on a connection of our own.
  juliet.say(CANARIES.localpart, `romeo@${OTHER}`, "m3", CANARIES.body);
  const { r } = await arrival(stage);
  const ours = await r.request(TARGET, OTHER);
  r.send(verdict(TARGET, OTHER, "valid"));
  await r.message({ id: "m3" });
  // SASL data that nobody asked for, and an element that nobody knows.
  o.send(`<auth xmlns='${NS.sasl}' mechanism='EXTERNAL'>${CANARIES.sasl}</auth>`);
  await o.element(NS.sasl, "failure");
  o.send(`<secret xmlns='urn:example:canary' from='${FROM}'>${CANARIES.body}</secret>`);
  await o.farewell();

  const closed = await stage.server.told({ event: "connection.closed", cause: "stream.unsupported" });
  const id = String(closed.connection);
  const seen = await outlets(stage);
  seen.set("the event stream", await streamed(stage, "", /"connection\.closed"/));
  const own = await streamed(stage, `?connection=${id}`, /"connection\.closed"/);
  assert.match(own, /"element\.received".*"secret"/, "its own steps are there");
  seen.set("the event stream of the connection", own);
  seen.set("the log", stage.server.log.map((line) => line.text).join("\n"));
  const env = { VERONA_URL: stage.server.console, VERONA_TOKEN: await tokenOf(stage) };
  for (const ending of ["json", "txt", "mmd"]) {
    const path = `${stage.directory}/trace.${ending}`;
    assert.equal((await verona(["trace", id, "--export", path], { env })).code, 0);
    seen.set(`the export as ${ending}`, await Deno.readTextFile(path));
  }
  seen.set("verona trace", (await verona(["trace", id], { env })).stdout);

  const forbidden = {
    ...CANARIES,
    token: await tokenOf(stage),
    viewer: (await Deno.readTextFile(`${stage.directory}/data/viewer.token`)).trim(),
    ourKey: ours.text,
  };
  assert.equal(forbidden.ourKey.length, 64);
  for (const [where, shown] of seen) {
    for (const [what, canary] of Object.entries(forbidden)) {
      assert.ok(!shown.includes(canary), `${what} is shown in ${where}: ${around(shown, canary)}`);
    }
  }
  assert.ok(own.includes("~"), "a localpart is hidden, not left out");
});

const around = (shown: string, canary: string): string => {
  const at = shown.indexOf(canary);
  return shown.slice(Math.max(0, at - 100), at + 100);
};
