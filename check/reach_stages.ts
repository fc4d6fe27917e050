/** Whether its machines can be reached, speak XMPP, and encrypt. */
import { isIP } from "node:net";
import type { RecordedEvent } from "../facts/event.ts";
import type { Stage } from "../observe/contract.ts";
import { type Reached, stage, stageOf, type View } from "./stage.ts";

export function reachStages(view: View): Stage[] {
  return [...reach(view), ...ipv6(view), ...stream(view), ...offered(view), ...version(view)];
}

function reach({ events, outcome }: View): Stage[] {
  const tried = events.filter(({ type }) => type === "address.tried");
  const opened = events.find(({ type }) => type === "connection.opened");
  if (opened !== undefined) {
    const evidence = { address: `${opened.detail!.peer}`, port: opened.detail!.port ?? null };
    const won = tried.find((one) => one.cause === undefined);
    return [
      stage("tcp.reach", "ok", evidence, {
        elapsedMs: won === undefined ? null : Number(won.detail!.elapsedMs),
      }),
    ];
  }
  if (outcome === null || tried.length === 0) return [];
  const evidence = {
    tried: tried.map(({ detail, cause }) => `${detail!.address} port ${detail!.port}: ${cause}`),
  };
  return [stage("tcp.reach", "fail", evidence, { cause: tried.at(-1)!.cause ?? "tcp.timeout" })];
}

function ipv6({ reached, events }: View): Stage[] {
  const all = reached?.filter(({ address }) => address.includes(":"));
  // Where DNS was not followed to any address, nobody knows which ones it publishes.
  if (all === undefined || !events.some(({ type }) => type === "addresses.resolved")) return [];
  const told = ({ address, port, cause }: Reached) =>
    `${address} port ${port}${cause === null ? "" : `: ${cause}`}`;
  if (all.length === 0 && isConfigured(events)) {
    return [stage("tcp.ipv6", "skip", "not asked: its address is configured")];
  }
  if (all.length === 0) return [stage("tcp.ipv6", "skip", "it publishes no IPv6 address")];
  const failed = all.filter(({ cause }) => cause !== null);
  if (failed.length === 0) return [stage("tcp.ipv6", "ok", { reached: all.map(told) })];
  return [stage("tcp.ipv6", "warn", { failed: failed.map(told) }, {
    hint: "peers with IPv6 wait for it before they fall back; mend it or withdraw the AAAA record",
  })];
}

/** `--connect` and `dns.static` with an address: DNS was asked for nothing. */
function isConfigured(events: readonly RecordedEvent[]): boolean {
  const told = events.filter(({ type }) => type === "addresses.resolved");
  return told.every(({ detail }) => isIP(String(detail!.host)) !== 0);
}

function stream(view: View): Stage[] {
  const { events, outcome } = view;
  const opened = view.of("stream.opened");
  if (opened !== undefined) {
    return [stage("stream.open", "ok", { from: opened.detail!.from ?? null, id: opened.detail!.id ?? null })];
  }
  const failed = events.findLast(({ type }) => type === "connection.failed");
  if (outcome === null || failed?.cause === undefined || view.of("connection.opened") === undefined) {
    return [];
  }
  if (stageOf(failed.cause) !== "stream.open" && failed.cause !== "tcp.reset") return [];
  return [stage("stream.open", "fail", words(view), { cause: failed.cause })];
}

/** What the peer said when it ended the stream. */
function words(view: View) {
  return { said: view.of("stream.error")?.detail?.condition ?? null };
}

function offered(view: View): Stage[] {
  if (view.of("connection.secured") !== undefined) return [stage("tls.offered", "ok", null)];
  const failed = failedAs(view, "tls.offered");
  return failed === null ? [] : [stage("tls.offered", "fail", null, { cause: failed.cause! })];
}

function version(view: View): Stage[] {
  const secured = view.of("connection.secured");
  if (secured !== undefined) {
    const { version, cipher } = secured.detail!;
    return [stage("tls.version", "ok", { version: version!, cipher: cipher! })];
  }
  const failed = failedAs(view, "tls.version");
  return failed === null ? [] : [stage("tls.version", "fail", null, { cause: failed.cause! })];
}

function failedAs({ events, outcome }: View, id: string): RecordedEvent | null {
  if (outcome === null) return null;
  return events.findLast(({ type, cause }) =>
    type === "connection.failed" && cause !== undefined && stageOf(cause) === id
  ) ?? null;
}
