/** Where a run happens: a folder, a part of loopback, signed names and certificates for every server. */
import { DemoDns } from "../../demo/dns.ts";
import type { Zone } from "../../demo/zones.ts";
import { Authority } from "../harness/certificates.ts";

export const SECRET = "a secret of the bench, on loopback only";
export const PORTS = { s2s: 5269, component: 5347, console: 8711 } as const;
/** Who listens there has its block. */
const LOCK_HOST = 254;
const SIDES = ["a", "b"] as const;
export type Side = (typeof SIDES)[number];

/** One server of a pair: its own name, address and files, and the domain of its component. */
export interface Place {
  readonly side: Side;
  /** Of the machine: the SRV target; the certificate names all three. */
  readonly name: string;
  /** Of the component. */
  readonly domain: string;
  /** What a server hosts that needs a domain of its own beside its component's. */
  readonly host: string;
  readonly ip: string;
  readonly folder: string;
  readonly chain: string;
  readonly key: string;
  readonly ca: string;
  /** A recursive resolver, `ip:port`, and the root's DNSKEY line. */
  readonly dns: string;
  readonly anchor: string;
  /** Addresses of both servers by name, for those who read no DNS for them. */
  readonly hosts: ReadonlyMap<string, string>;
}

export type Pair = readonly [Place, Place];

export interface SetUp {
  /** So many more domains for each server. */
  readonly customers?: number;
  /**
   * `servers`: as public authorities issue them today, without clientAuth. `both`: with it, for peers that take EXTERNAL
   * from no other. `strangers`: from an authority that nobody trusts, so that only dialback proves anything.
   */
  readonly certificates?: "servers" | "both" | "strangers";
}

/** Plants the tree, issues the certificates, starts DNS; `stack` ends it all. A pair for each of `labels`. */
export async function setUp(
  labels: readonly string[],
  stack: AsyncDisposableStack,
  { customers = 0, certificates = "servers" }: SetUp = {},
): Promise<Map<string, Pair>> {
  const folder = await Deno.makeTempDir({ prefix: "verona-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const block = takeBlock(labels.length * SIDES.length, stack);
  const addresses = new Map(
    labels.flatMap((label, i) =>
      SIDES.map((side, j) => [`${label}-${side}`, `127.78.${block}.${2 * i + j + 1}`])
    ),
  );
  const dns = stack.use(await DemoDns.start(folder, plant(addresses, customers), `127.78.${block}.53:0`));
  const authority = await Authority.root();
  const ca = `${folder}/ca.pem`;
  await Deno.writeTextFile(ca, (certificates === "strangers" ? await Authority.root() : authority).pem);
  const usages = certificates === "both" ? ["serverAuth", "clientAuth"] as const : ["serverAuth"] as const;
  const place = async (label: string, side: Side): Promise<Place> => {
    const [host, home] = [`${label}-${side}.bench`, `${folder}/${label}-${side}`];
    const [name, domain] = [serverName(label, side), domainName(label, side)];
    const { certificate, key } = await authority.issue({ names: [name, domain, host], usages });
    // Apart from the log: Verona watches the folder of its certificates.
    const files = { chain: `${home}/tls/chain.pem`, key: `${home}/tls/key.pem` };
    await Deno.mkdir(`${home}/tls`, { recursive: true });
    await Deno.writeTextFile(files.chain, certificate);
    await Deno.writeTextFile(files.key, key, { mode: 0o600 });
    const hosts = new Map(SIDES.map((s) => [serverName(label, s), addresses.get(`${label}-${s}`)!]));
    const ip = addresses.get(`${label}-${side}`)!;
    return {
      side,
      name,
      domain,
      host,
      ip,
      folder: home,
      ...files,
      ca,
      dns: dns.address,
      anchor: dns.anchor,
      hosts,
    };
  };
  const pairs = await Promise.all(
    labels.map(async (label) =>
      [label, [await place(label, "a"), await place(label, "b")]] as [string, Pair]
    ),
  );
  return new Map(pairs);
}

const serverName = (label: string, side: Side): string => `xmpp.${label}-${side}.bench`;
const customerLabel = (n: number): string => `customer${n}`;
/** The domains beside `place.domain` that DNS delegates to it. */
export const customersOf = ({ domain }: Place, count: number): string[] =>
  Array.from({ length: count }, (_, n) => domain.replace(/^customer/, customerLabel(n)));
const domainName = (label: string, side: Side): string => `customer.${label}-${side}.bench`;

/** One signed zone per server; for the peers, which do not look, the signatures are no burden. */
function plant(addresses: ReadonlyMap<string, string>, customers: number): Zone[] {
  const names = ["customer", ...Array.from({ length: customers }, (_, n) => customerLabel(n))];
  const zones = [...addresses].map(([label, ip]) => ({
    name: `${label}.bench`,
    records: [
      `xmpp A ${ip}`,
      ...["", ...names].map((name) =>
        `_xmpp-server._tcp${name && `.${name}`} SRV 0 0 ${PORTS.s2s} xmpp.${label}.bench.`
      ),
    ],
  }));
  return [{ name: "." }, { name: "bench" }, ...zones];
}

/** A part of loopback that no other run uses; `stack` gives it back. */
function takeBlock(hosts: number, stack: AsyncDisposableStack): number {
  for (let block = 0; block < 250; block++) {
    let lock: Deno.Listener | null = null;
    try {
      lock = Deno.listen({ hostname: `127.78.${block}.${LOCK_HOST}`, port: PORTS.s2s });
      for (let host = 1; host <= hosts; host++) {
        Deno.listen({ hostname: `127.78.${block}.${host}`, port: PORTS.s2s }).close();
      }
      stack.defer(() => lock!.close());
      return block;
    } catch {
      lock?.close(); // Somebody is there.
    }
  }
  throw new Error(`port ${PORTS.s2s} is in use on all of 127.78.0.0/16; stop another bench first`);
}
