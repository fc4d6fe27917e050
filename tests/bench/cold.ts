/**
 * The first stanza, cold: Verona to ejabberd and to Prosody, beside ejabberd to the same peer by the same proof.
 * docs/bench.md.
 */
import { EJABBERD } from "./ejabberd.ts";
import { type Place, setUp } from "./lab.ts";
import { load } from "./load.ts";
import { PROSODY, prosodyWith } from "./prosody.ts";
import type { ColdTurn, Way } from "./report_cold.ts";
import { type Kind, Server } from "./server.ts";
import { VERONA, veronaWith } from "./verona.ts";

/** Who sends, by either proof, and what its log says once the peer has taken it. */
interface Sender {
  readonly kinds: Readonly<Record<Way, Kind>>;
  readonly log: (place: Place) => string;
  readonly words: Readonly<Record<Way, RegExp>>;
}

const SENDERS: readonly Sender[] = [
  {
    kinds: { EXTERNAL: VERONA, dialback: veronaWith(() => ({ policy: { proof: "encrypted" } })) },
    log: ({ folder }) => `${folder}/log`,
    words: {
      EXTERNAL: /"sasl\.finished".*"by":"peer","outcome":"success"/,
      dialback: /"verdict\.received".*"valid"/,
    },
  },
  {
    kinds: { EXTERNAL: EJABBERD, dialback: EJABBERD },
    log: ({ folder }) => `${folder}/ejabberd.log`,
    words: {
      EXTERNAL: /Accepted outbound s2s EXTERNAL authentication/,
      dialback: /Accepted outbound s2s dialback authentication/,
    },
  },
];

const PEERS: readonly Readonly<Record<Way, Kind>>[] = [
  { EXTERNAL: EJABBERD, dialback: EJABBERD },
  { EXTERNAL: PROSODY, dialback: prosodyWith("s2s_secure_auth = false") },
];

const WAYS: readonly Way[] = ["dialback", "EXTERNAL"];
const TURN_MS = 60_000;
/** Logs are written behind what they tell. */
const LOG_MS = 3000;

/** Every turn of one round; those that fail are told to `failed`. */
export async function coldRound(
  only: readonly string[] | undefined,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<ColdTurn[]> {
  const turns: ColdTurn[] = [];
  for (const way of WAYS) {
    for (const peer of PEERS) {
      for (const sender of SENDERS) {
        const [name, to] = [sender.kinds[way].name, peer[way].name];
        if (stop.aborted || !(only?.includes(name) ?? true)) continue;
        try {
          turns.push(await turn(sender, peer[way], way, stop));
        } catch (error) {
          failed(`first stanza of ${name} to ${to} by ${way}: ${(error as Error).message}`);
        }
      }
    }
  }
  return turns;
}

/** A tree, a pair of servers and certificates of its own: nobody may remember anything. */
async function turn(sender: Sender, peer: Kind, way: Way, stop: AbortSignal): Promise<ColdTurn> {
  await using stack = new AsyncDisposableStack();
  const kind = sender.kinds[way];
  const label = `${kind.name}-${peer.name}`;
  const pairs = await setUp([label], stack, { certificates: way === "dialback" ? "strangers" : "both" });
  const [a, b] = pairs.get(label)!;
  const servers = [stack.use(await Server.start(kind, a)), stack.use(await Server.start(peer, b))] as const;
  const limit = AbortSignal.any([stop, AbortSignal.timeout(TURN_MS)]);
  const { firstStanzaMs } = await load(...servers, [], limit);
  await said(sender.log(a), sender.words[way], way);
  return { server: kind.name, peer: peer.name, way, firstStanzaMs };
}

/** A stanza that arrived by another proof would be compared with what it is not. */
async function said(log: string, words: RegExp, way: Way): Promise<void> {
  for (const until = performance.now() + LOG_MS; performance.now() < until;) {
    if (words.test(await Deno.readTextFile(log).catch(() => ""))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it arrived, but the sender's log does not say that ${way} let it in`);
}
