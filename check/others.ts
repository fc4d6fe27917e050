/** IPv6 addresses that the attempt had no need of: peers will dial them. console.md 3.5 `tcp.ipv6`. */
import type { RecordedEvent } from "../facts/event.ts";
import { reach } from "../wire/dial.ts";
import type { Reached } from "./stage.ts";

/** A domain's list of addresses is no list to scan. */
const MOST_ADDRESSES = 8;

type Place = Pick<Reached, "address" | "port">;

/** What became of every IPv6 address of its servers. */
export async function tryOthers(events: readonly RecordedEvent[], timeoutMs: number): Promise<Reached[]> {
  const known = events.filter(({ type }) => type === "address.tried").map(tried);
  const untried = new Map(published(events).map((one) => [keyOf(one), one]));
  for (const one of known) untried.delete(keyOf(one));
  const six = [...untried.values()].filter(({ address }) => address.includes(":")).slice(0, MOST_ADDRESSES);
  const dialled = six.map(async (one): Promise<Reached> => ({
    ...one,
    ...await reach(one.address, one.port, timeoutMs),
  }));
  return [...known, ...await Promise.all(dialled)];
}

const keyOf = ({ address, port }: Place) => `${address} ${port}`;

function tried({ detail, cause }: RecordedEvent): Reached {
  const { address, port, elapsedMs } = detail!;
  return {
    address: String(address),
    port: Number(port),
    elapsedMs: Number(elapsedMs),
    cause: cause ?? null,
  };
}

function published(events: readonly RecordedEvent[]): Place[] {
  const ports = new Map<string, number>();
  for (const { type, detail } of events) {
    if (type !== "delegation.resolved") continue;
    for (const { host, port } of detail!.targets as unknown as { host: string; port: number }[]) {
      ports.set(host, port);
    }
  }
  return events.filter(({ type }) => type === "addresses.resolved").flatMap(({ detail }) =>
    (detail!.addresses as readonly string[]).map((address) => ({
      address,
      port: ports.get(String(detail!.host)) ?? 5269,
    }))
  );
}
