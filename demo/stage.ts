/** What the story happens on: DNS, two servers, the components; all of it on loopback. */
import { Authority } from "./certificates.ts";
import { Component } from "./component.ts";
import { BINARY, DemoDns } from "./dns.ts";
import { SECRET, VeronaProcess } from "./server.ts";
import { type Hosts, ORIGINATING, plantTree, RECEIVING, type Zone } from "./zones.ts";

export interface Stage {
  readonly dns: DemoDns;
  readonly tree: readonly Zone[];
  readonly originating: VeronaProcess;
  readonly receiving: VeronaProcess;
  /** The component of sender.tld. */
  readonly romeo: Component;
  /** The component of other-sender.tld. */
  readonly nurse: Component;
  /** The component of unsigned.tld. */
  readonly tybalt: Component;
  /** The component of target.tld. */
  readonly juliet: Component;
}

/** Starts everything; what was started is in `stack`, to be ended last in, first out. */
export async function setStage(stack: AsyncDisposableStack): Promise<Stage> {
  await Deno.stat(BINARY).catch(() => {
    throw new Error("the demo's DNS server is not built; run ./dev native");
  });
  const hosts = findHosts();
  const folder = await Deno.makeTempDir({ prefix: "verona-demo-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const tree = plantTree(hosts);
  const dns = stack.use(await DemoDns.start(folder, tree, `${hosts.dns}:0`));
  const authority = await Authority.make();
  const serve = async (role: string, name: string, ip: string, domains: string[]) => {
    const identity = await authority.issue(name);
    const plan = {
      role,
      name,
      ip,
      domains,
      dns,
      identity,
      authority: authority.pem,
      folder: `${folder}/${role}`,
    };
    return stack.use(await VeronaProcess.start(plan));
  };
  const [originating, receiving] = await Promise.all([
    serve("originating", ORIGINATING, hosts.originating, ["sender.tld", "other-sender.tld", "unsigned.tld"]),
    serve("receiving", RECEIVING, hosts.receiving, ["target.tld"]),
  ]);
  return { dns, tree, originating, receiving, ...await attachAll(originating, receiving, stack) };
}

async function attachAll(originating: VeronaProcess, receiving: VeronaProcess, stack: AsyncDisposableStack) {
  const attach = async (domain: string, server: VeronaProcess) =>
    stack.use(await Component.attach(domain, server.components, SECRET));
  const [romeo, nurse, tybalt, juliet] = await Promise.all([
    attach("sender.tld", originating),
    attach("other-sender.tld", originating),
    attach("unsigned.tld", originating),
    attach("target.tld", receiving),
  ]);
  return { romeo, nurse, tybalt, juliet };
}

/** A part of loopback where nobody listens yet, so that two demos can run side by side. */
function findHosts(): Hosts & { readonly dns: string } {
  for (let block = 0; block < 250; block++) {
    const [originating, receiving] = [`127.77.${block}.1`, `127.77.${block}.2`] as const;
    if ([originating, receiving].every(isFree)) return { originating, receiving, dns: `127.77.${block}.53` };
  }
  throw new Error("ports 5269, 5347 and 8711 are in use on all of 127.77.0.0/16; stop another demo first");
}

function isFree(hostname: string): boolean {
  try {
    for (const port of [5269, 5347, 8711]) Deno.listen({ hostname, port }).close();
    return true;
  } catch {
    return false;
  }
}
