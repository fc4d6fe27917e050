/** Something that is there and never answers, for races between addresses (protocol.md 5.3). */

/** Longer than a busy machine needs to say yes. */
const SILENCE_MS = 1500;

/** A loopback port, any free one if none is named, where nobody ever answers: its queue of one is full, and the kernel lets further SYNs go unheard. */
export async function blackhole(
  wanted = 0,
  hostname = "::1",
): Promise<AsyncDisposable & { readonly port: number }> {
  const full = Deno.listen({ hostname, port: wanted, tcpBacklog: 0 } as Deno.TcpListenOptions);
  const { port } = full.addr as Deno.NetAddr;
  const fillers: Deno.Conn[] = [];
  for (let n = 0; n < 200; n++) {
    const attempt = Deno.connect({ hostname, port });
    const filler = await Promise.race([
      attempt,
      new Promise<null>((resolve) => setTimeout(() => resolve(null), SILENCE_MS)),
    ]);
    if (filler === null) {
      attempt.then((late) => late.close(), () => {});
      break;
    }
    fillers.push(filler);
  }
  return {
    port,
    [Symbol.asyncDispose]: () => {
      for (const conn of [...fillers, full]) conn.close();
      return Promise.resolve();
    },
  };
}
