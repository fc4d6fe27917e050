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
