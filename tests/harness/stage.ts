/** Everything a scenario stands on: the world, the server under test in it, and the scripted peer's place. */
import { type Broken, replacementOf } from "../broken/rules.ts";
import type { Component } from "../peer/component.ts";
import type { Conversation } from "../peer/conversation.ts";
import { dial, Listener } from "../peer/peer.ts";
import { type Opened, openSecured, request } from "../peer/stream.ts";
import type { HeaderOptions } from "../peer/stream.ts";
import type { Identity, TlsOptions } from "../peer/wire.ts";
import { type Replacement, replaceModules } from "./imports.ts";
import { type Section, type Settings, VeronaServer } from "./verona.ts";
import { ORIGINATING, RECEIVING, S2S_PORT, World } from "./world.ts";

export const DIALBACK_SECRET = "example-dialback-secret-2011";

/** The header of a server-name stream from the scripted peer. */
export const SERVER_NAMES = { from: ORIGINATING, to: RECEIVING } as const;

const HOSTED = ["target.example", "other-target.example"];

export interface StageOptions {
  /** Merged section by section over the defaults. */
  readonly settings?: Settings;
  /** Further hosted domains; each has the component secret "secret". */
  readonly domains?: readonly (string | Section)[];
  /** Starts a server that breaks this safety rule, to show that a test catches it. */
  readonly broken?: Broken;
  /** The server's clock can be moved on with `server.advance`. */
  readonly movedClock?: boolean;
  /** Of the server's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Changes the world before the server starts. */
  readonly prepare?: (world: World) => void | Promise<void>;
}

export class Stage implements AsyncDisposable {
  private constructor(
    readonly world: World,
    readonly server: VeronaServer,
    /** Where the scripted peer accepts (xmpp1.originating.example). */
    readonly peer: Listener,
    readonly directory: string,
  ) {}

  static async open(options: StageOptions = {}): Promise<Stage> {
    const world = await World.start();
    await options.prepare?.(world);
    const directory = await Deno.makeTempDir({ prefix: "verona-stage-" });
    const settings = await configuration(world, directory, options);
    const replaced = replacements(options);
    const imports = replaced.length > 0 ? await replaceModules(directory, replaced) : undefined;
    const [server, peer] = await Promise.all([
      VeronaServer.start(directory, settings, imports, options.env),
      Listener.listen(world.peerIp, S2S_PORT, "peer"),
    ]);
    return new Stage(world, server, peer, directory);
  }

  /** Plain TCP from the scripted peer's address to the server. */
  dial(name = "O"): Promise<Conversation> {
    return dial(this.server.s2s, this.world.peerIp, name);
  }

  /** The peer as initiating server of a server-name stream, up to the features after TLS (T1). */
  async initiate(
    header: HeaderOptions = SERVER_NAMES,
    tls: TlsOptions = this.originatingTls,
  ): Promise<{ o: Conversation; opened: Opened }> {
    const o = await this.dial();
    return { o, opened: await openSecured(o, header, tls) };
  }

  /** The same with one authorised pair. */
  async initiateWith(sender = "sender.example", target = "target.example"): Promise<Conversation> {
    const { o } = await this.initiate();
    await granted(o, sender, target);
    return o;
  }

  get originatingTls(): TlsOptions {
    return { identity: this.world.originating, serverName: RECEIVING };
  }

  component(domain = "target.example"): Promise<Component> {
    return this.server.component(domain);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
    await Deno.remove(this.directory, { recursive: true });
  }
}

function replacements({ broken, movedClock }: StageOptions): Replacement[] {
  const clock: Replacement[] = movedClock ? [["actors/host.ts", "tests/harness/moved_clock.ts"]] : [];
  return broken === undefined ? clock : [...clock, replacementOf(broken)];
}

/** Requests the pair and takes the verdict `valid`. */
export async function granted(o: Conversation, sender: string, target: string): Promise<void> {
  o.send(request(sender, target));
  await o.verdict(sender, target, "valid");
}

/** Which machine of the example world a server is. */
export interface Place {
  readonly name: string;
  readonly identity: Identity;
  readonly ip: string;
}

export interface ConfigurationOptions extends Pick<StageOptions, "settings" | "domains"> {
  /** By default xmpp1.receiving.example. */
  readonly place?: Place;
  readonly hosted?: readonly string[];
}

/** What a configuration needs of the world around it. */
export type Ground = Pick<World, "ca" | "anchor" | "receiving" | "serverIp"> & {
  readonly dns: Pick<World["dns"], "address" | "port">;
};

/** verona.toml of the server under test, by the keys of design.md 2.3. */
export async function configuration(
  world: Ground,
  directory: string,
  { settings = {}, domains = [], place, hosted = HOSTED }: ConfigurationOptions = {},
): Promise<Settings> {
  const { name, identity, ip } = place ?? { name: RECEIVING, identity: world.receiving, ip: world.serverIp };
  const files = {
    chain: `${directory}/receiving.pem`,
    key: `${directory}/receiving.key`,
    ca: `${directory}/ca.pem`,
    anchor: `${directory}/root.key`,
    secret: `${directory}/dialback.secret`,
  };
  await Promise.all([
    Deno.writeTextFile(files.chain, identity.certificate),
    Deno.writeTextFile(files.key, identity.key, { mode: 0o600 }),
    Deno.writeTextFile(files.ca, world.ca.pem),
    Deno.writeTextFile(files.anchor, world.anchor),
    Deno.writeTextFile(files.secret, DIALBACK_SECRET, { mode: 0o600 }),
  ]);
  const all = [...hosted, ...domains]
    .map((one) => typeof one === "string" ? { name: one, component_secret: "secret" } : one);
  return {
    server: {
      names: [name],
      dialback_secret_file: files.secret,
      data_dir: `${directory}/data`,
      ...settings.server,
    },
    certificate: [{ chain: files.chain, key: files.key }, ...(settings.certificate ?? [])],
    trust: { ca: [files.ca], ...settings.trust },
    dns: {
      servers: [`${world.dns.address}:${world.dns.port}`],
      trust_anchor: files.anchor,
      ...settings.dns,
    },
    listen: {
      s2s: [`${ip}:${S2S_PORT}`],
      component: [`${ip}:5347`],
      console: `${ip}:8711`,
      ...settings.listen,
    },
    dial: { allow_private_addresses: true, ...settings.dial },
    policy: { ...settings.policy },
    domain: [...all, ...(settings.domain ?? [])],
    // Every scripted peer comes from one address: its limits are for the tests that mean them.
    limits: {
      attempts_per_minute: 100_000,
      connections_per_address: 2000,
      unproven_per_address: 1000,
      ...settings.limits,
    },
  };
}
