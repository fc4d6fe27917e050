/** What a peer offers: the scripted peer opens a stream to it, with a certificate of the lab's CA. */
import { dial } from "../peer/peer.ts";
import { openSecured } from "../peer/stream.ts";
import { PORTS } from "./peers/peer.ts";
import type { Scene } from "./scenario.ts";

/** Its features after TLS, as it wrote them, as seen by our domain. */
export async function featuresAfterTls({ lab, peer, ours, theirs }: Scene): Promise<string> {
  const [from, to] = [ours[0]!, theirs[0]!];
  const identity = await lab.world.ca.issue({ names: [from] });
  await using o = await dial({ host: peer.place.ip, port: PORTS.s2s }, lab.world.peerIp, "probe");
  const { features } = await openSecured(o, { from, to }, { identity, serverName: to });
  return features.raw;
}

/**
 * jabberd2 leaves an error in OpenSSL's queue whenever it has read a peer's certificate (OBJ_create of an OID that OpenSSL 3
 * knows, sx/ssl.c), and takes it for its own when a TLS record arrives in two parts: "SSL handshake error (oid exists)". A handshake
 * without a certificate empties the queue.
 */
export async function calm({ lab, peer, ours, theirs }: Scene): Promise<void> {
  if (peer.kind.name !== "jabberd2") return;
  await using o = await dial({ host: peer.place.ip, port: PORTS.s2s }, lab.world.peerIp, "calm");
  await openSecured(o, { from: ours[0]!, to: theirs[0]! }, { serverName: theirs[0]! });
}
