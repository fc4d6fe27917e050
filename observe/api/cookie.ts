/** The session's cookie. console.md 2.4. Its name has the port: cookies know hosts, not ports, and two consoles share 127.0.0.1. */

/** `__Host-` needs `Secure`, so only under TLS. */
export function cookieName({ protocol, port }: URL): string {
  const secure = protocol === "https:";
  return `${secure ? "__Host-" : ""}verona-${port || (secure ? "443" : "80")}`;
}

/** Null when the request has none of this name. */
export function cookieOf({ headers }: Request, name: string): string | null {
  for (const one of headers.get("cookie")?.split(";") ?? []) {
    const [key, value] = one.trim().split("=", 2);
    if (key === name && value !== undefined && /^[\w-]{1,100}$/.test(value)) return value;
  }
  return null;
}

/** The `Set-Cookie` that sets it, or with an empty value takes it away. */
export function printCookie(url: URL, value: string, maxAgeMs: number): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const age = Math.max(0, Math.floor(maxAgeMs / 1000));
  return `${cookieName(url)}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${age}${secure}`;
}
