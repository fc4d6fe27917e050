/** Something that is there and never answers, for races between addresses (protocol.md 5.3). */

/** A loopback port where nobody ever answers: its queue of one is full, and the kernel lets further SYNs go unheard. */
export async function blackhole(port: number, hostname = "::1"): Promise<AsyncDisposable> {
  const full = Deno.listen({ hostname, port, tcpBacklog: 0 } as Deno.TcpListenOptions);
  const fillers: Deno.Conn[] = [];
  for (let n = 0; n < 200; n++) {
    const attempt = Deno.connect({ hostname, port });
    const filler = await Promise.race([
      attempt,
      new Promise<null>((resolve) => setTimeout(() => resolve(null), 200)),
    ]);
    if (filler === null) {
      attempt.then((late) => late.close(), () => {});
      break;
    }
    fillers.push(filler);
  }
  return {
    [Symbol.asyncDispose]: () => {
      for (const conn of [...fillers, full]) conn.close();
      return Promise.resolve();
    },
  };
}
