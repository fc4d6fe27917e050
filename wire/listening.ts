/** Listeners that cannot be opened: which key of the configuration, and what to do. */

/** Opens a listener. @throws {Error} one sentence that names the key, the address and the cure. */
export function listening<T>(
  key: string,
  { host, port }: { readonly host: string; readonly port: number },
  open: () => T,
): T {
  try {
    return open();
  } catch (error) {
    const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const reason = (error as Error).message.replace(/ \(os error \d+\).*$/s, "");
    throw new Error(`Cannot listen on ${at} (${key}): ${reason}; ${cure(error)}`, { cause: error });
  }
}

function cure(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "another program listens there: stop it or change the key";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine has no such address: change the key";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "ports below 1024 need CAP_NET_BIND_SERVICE";
  return "change the key";
}
