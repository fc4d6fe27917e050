/** A peer says `see-other-host`: what it says is read and judged once, and told. STR-35; protocol.md 4.8.1. */
import type { Cause } from "../facts/cause.ts";
import type { Detail } from "../facts/event.ts";
import { matchesName } from "../policy/names.ts";
import { judgeRedirect, type Referral } from "../policy/redirect.ts";
import { parseOtherHost, printOtherHost } from "../xmpp/other_host.ts";
import { machineOf } from "./links.ts";
import type { OutboundShell } from "./outbound_stream.ts";

export interface Heard {
  /** Null: it is not followed, and `cause` says why. */
  readonly referral: Referral | null;
  readonly cause: Cause;
  /** From whom to whom. */
  readonly detail: { readonly [key: string]: Detail };
}

/** @param words The content of the element, unchecked. */
export function hear(shell: OutboundShell, words: string, defaultPort: number): Heard {
  const { entry: { target, redirect }, machine, address } = shell.reached!;
  const { connection, endpoint, row, input: { domain } } = shell;
  const to = parseOtherHost(words);
  const proven = connection.tls !== null && endpoint.proven;
  const hops = redirect?.hop ?? 0;
  const found = judgeRedirect({ to, at: { ...machine, address }, proven, hops, defaultPort });
  const detail = {
    from: machineOf(machine),
    to: to === null ? words : printOtherHost(to),
    hop: hops + 1,
  };
  if (typeof found === "string") {
    return { referral: null, cause: found, detail: { ...detail, followed: false } };
  }
  const named = matchesName(row.serverNames, target.host);
  const referral = { ...found, target, domain, named };
  return { referral, cause: "redirect.followed", detail: { ...detail, followed: true } };
}
