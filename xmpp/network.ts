/** Whose an address is, for counting: whoever has one often has its neighbours. protocol.md 10. */
import ipaddr from "ipaddr.js";

/** Of 16 bits each. */
const NETWORK_GROUPS = 4, SITE_GROUPS = 3;

/** An IPv4 address, or the /64 of an IPv6 one: what one customer of a provider has. What is no address stands for itself. */
export function network(ip: string): string {
  const six = readSix(ip);
  return typeof six === "string" ? six : first(six, NETWORK_GROUPS);
}

/** The /24 of an IPv4 address, or the /48 of an IPv6 one: what one organisation may have, for the asking. */
export function site(ip: string): string {
  const six = readSix(ip);
  return typeof six === "string" ? six.slice(0, six.lastIndexOf(".")) : first(six, SITE_GROUPS);
}

const first = ({ parts }: ipaddr.IPv6, groups: number): string =>
  parts.slice(0, groups).map((group) => group.toString(16)).join(":");

/** However it is spelt; the text itself where it is something else, an IPv4 address in IPv6 clothes without them. */
function readSix(ip: string): ipaddr.IPv6 | string {
  if (!ip.includes(":")) return ip;
  try {
    const six = ipaddr.IPv6.parse(ip);
    return six.isIPv4MappedAddress() ? six.toIPv4Address().toString() : six;
  } catch {
    return ip;
  }
}
