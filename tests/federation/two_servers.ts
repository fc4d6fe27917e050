/** Two Verona servers in one world: the picture of the talk. */
import { configuration } from "../harness/stage.ts";
import { type Settings, VeronaServer } from "../harness/verona.ts";
import type { Identity } from "../peer/wire.ts";
import { ORIGINATING, RECEIVING, World } from "../harness/world.ts";

export class TwoServers implements AsyncDisposable {
  private constructor(
    readonly world: World,
    /** Hosts sender.example and other-sender.example. */
    readonly originating: VeronaServer,
    /** Hosts target.example and other-target.example. */
    public receiving: VeronaServer,
    readonly directories: readonly string[],
  ) {}

  /** @param identities What the two machines show; by default their certificates of the world's CA. */
  static async start(
    settings: { originating?: Settings; receiving?: Settings } = {},
    identities: { originating?: Identity; receiving?: Identity } = {},
  ): Promise<TwoServers> {
    const world = await World.start();
    const [theirs, ours] = [
      identities.originating ?? world.originating,
      identities.receiving ?? world.receiving,
    ];
    const [r, o] = await Promise.all([Deno.makeTempDir(), Deno.makeTempDir()]);
    const receiving = await configuration(world, r, {
      settings: settings.receiving ?? {},
      place: { name: RECEIVING, identity: ours, ip: world.serverIp },
    });
    const originating = await configuration(world, o, {
      settings: settings.originating ?? {},
      place: { name: ORIGINATING, identity: theirs, ip: world.peerIp },
      hosted: ["sender.example", "other-sender.example"],
    });
    const servers = [VeronaServer.start(o, originating), VeronaServer.start(r, receiving)] as const;
    return new TwoServers(world, await servers[0], await servers[1], [r, o]);
  }

  /** The receiving process is killed by -9 at once; the next one is `revived`. */
  async kill(): Promise<void> {
    this.receiving.signal("SIGKILL");
    await this.receiving.exited;
    await this.receiving[Symbol.asyncDispose]();
  }

  async revive(): Promise<void> {
    this.receiving = await VeronaServer.start(this.directories[0]!, this.receiving.settings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.originating, this.receiving]) await server[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
    for (const directory of this.directories) await Deno.remove(directory, { recursive: true });
  }
}
