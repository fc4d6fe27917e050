/** Whose an address is, for counting: whoever has one often has its neighbours. Addresses are IPv4, or IPv6 without a zone. */

/** An IPv4 address, or the /64 of an IPv6 one: what one customer of a provider has (protocol.md 10). */
export function network(ip: string): string {
  return ip.includes(":") ? groups(ip).slice(0, 4).join(":") : ip;
}

/** The /24 of an IPv4 address, or the /48 of an IPv6 one: what one organisation may have, for the asking. */
export function site(ip: string): string {
  return ip.includes(":") ? groups(ip).slice(0, 3).join(":") : ip.slice(0, ip.lastIndexOf("."));
}

/** The eight of an IPv6 address, each spelt in one way. */
function groups(ip: string): string[] {
  const [head = "", tail = ""] = ip.toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = ip.includes("::") ? Math.max(0, 8 - left.length - right.length) : 0;
  return [...left, ...Array<string>(zeros).fill("0"), ...right].map((group) => group.replace(/^0+(?=.)/, ""));
}
