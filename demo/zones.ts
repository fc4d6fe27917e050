/** The DNS tree of the demo: what `native/demo-dns` is given to serve. */

/** A zone as native/demo-dns reads it. */
export interface Zone {
  readonly name: string;
  readonly signed?: boolean;
  readonly broken?: "signatures" | "delegation" | "expired";
  readonly ttl?: number;
  readonly records?: readonly string[];
}

export interface Description {
  readonly listen: string;
  readonly anchor: string;
  readonly ttl: number;
  readonly zones: readonly Zone[];
}

/** The two machines of the picture. */
export interface Hosts {
  readonly originating: string;
  readonly receiving: string;
}

export const ORIGINATING = "xmpp1.originating.tld";
export const RECEIVING = "xmpp1.receiving.tld";

const hostedBy = (server: string): string => `_xmpp-server._tcp SRV 0 0 5269 ${server}.`;

/** Seconds: what may change in the demo is believed no longer than this. */
export const TTL = 2;

/** The tree as it stands at the start. */
export function plantTree(hosts: Hosts): Zone[] {
  return [
    { name: "." },
    { name: "tld" },
    { name: "originating.tld", records: [`xmpp1 A ${hosts.originating}`] },
    { name: "receiving.tld", records: [`xmpp1 A ${hosts.receiving}`] },
    { name: "sender.tld", ttl: TTL, records: [hostedBy(ORIGINATING)] },
    { name: "other-sender.tld", ttl: TTL, records: [hostedBy(ORIGINATING)] },
    { name: "target.tld", ttl: TTL, records: [hostedBy(RECEIVING)] },
    { name: "unsigned.tld", signed: false, records: [hostedBy(ORIGINATING)] },
    { name: "bogus.tld", broken: "signatures", records: [hostedBy(RECEIVING)] },
  ];
}

/** The tree after sender.tld has moved to another provider: its zone alone differs. */
export function moveSender(tree: readonly Zone[]): Zone[] {
  const moved = [hostedBy("xmpp1.elsewhere.tld")];
  return tree.map((zone) => zone.name === "sender.tld" ? { ...zone, records: moved } : zone);
}
