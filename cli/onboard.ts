/** `verona check DOMAIN --onboard SERVER_NAME`: the records that a customer must publish, and whether they are there. console.md 3.5. */
import { findDelegation } from "../dnssec/delegation.ts";
import type { Delegation } from "../facts/delegation.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { CheckCommand } from "./check.ts";
import { checkParts, readDomain } from "./check_parts.ts";
import { EXIT } from "./exit.ts";
import { lookAtServer, type OnboardServer } from "./onboard_server.ts";
import { say, sayJson } from "./output.ts";
import { styled } from "./terminal.ts";

export interface OnboardAnswer {
  readonly domain: string;
  readonly serverName: string;
  /** In presentation format, to be pasted into the zone. */
  readonly records: readonly string[];
  readonly security: Delegation["security"];
  /** The SRV records that are there. */
  readonly found: readonly string[];
  /** The provider's side of it. */
  readonly server: OnboardServer;
  readonly ready: boolean;
  /** What is missing, in words; null when it is ready. */
  readonly missing: string | null;
}

/** An option that was given and means nothing here. */
export function unusedByOnboard(command: CheckCommand): string | undefined {
  const { stage, bothWays, from, connect, watch, failOn, format } = command;
  const given = {
    "--stage": stage,
    "--both-ways": bothWays,
    "--from": from,
    "--connect": connect,
    "--watch": watch,
    "--fail-on": failOn,
    [`--format ${format}`]: format === "text" || format === "json" ? undefined : format,
  };
  return Object.entries(given).find(([, value]) => value !== undefined && value !== false)?.[0];
}

/** Exit code 0 when every domain is ready, 3 when DNS could not tell, 4 else. */
export async function onboard(
  domains: readonly Domain[],
  name: string,
  command: CheckCommand,
): Promise<number> {
  const serverName = readDomain(name);
  const answers: OnboardAnswer[] = [];
  for (const domain of domains) answers.push(await look(domain, serverName, command));
  if (command.json || command.format === "json") sayJson(answers.length === 1 ? answers[0] : answers);
  else answers.forEach((answer) => say(print(answer)));
  if (answers.every(({ ready }) => ready)) return EXIT.good;
  return answers.some(({ security, server, ready }) =>
      !ready && [security, server.security].includes("indeterminate")
    )
    ? EXIT.couldNotTell
    : EXIT.broken;
}

async function look(domain: Domain, serverName: Domain, command: CheckCommand): Promise<OnboardAnswer> {
  const parts = await checkParts({
    config: command.config ?? null,
    from: null,
    resolver: command.resolver ?? null,
    connect: null,
  }, domain);
  try {
    const { resolver, config } = parts;
    const delegation = await findDelegation(
      domain,
      { ...config.dns, static: new Map() },
      (...asked) => resolver.lookup(...asked),
    );
    const port = config.listen.s2s[0]?.port ?? config.dial.port;
    return answerFor(domain, delegation, port, await lookAtServer(serverName, port, parts));
  } finally {
    await parts.resolver[Symbol.asyncDispose]();
    parts.identities.free();
    parts.trust.free();
  }
}

function answerFor(
  domain: Domain,
  delegation: Delegation,
  port: number,
  server: OnboardServer,
): OnboardAnswer {
  const [zone, host] = [toAscii(domain), toAscii(server.name)];
  const { security, targets } = delegation;
  const missing = whatIsMissing(delegation, host) ?? server.missing;
  return {
    domain,
    serverName: server.name,
    records: [`_xmpp-server._tcp.${zone}. 3600 IN SRV 10 0 ${port} ${host}.`],
    security,
    found: targets.map(({ host, port, priority, weight }) => `SRV ${priority} ${weight} ${port} ${host}.`),
    server,
    ready: missing === null,
    missing,
  };
}

function whatIsMissing({ service, security, targets, why }: Delegation, host: string): string | null {
  if (security === "bogus") return `the zone's DNSSEC is broken, so nothing in it is believed: ${why}`;
  if (service === "unknown") return `DNS did not answer: ${why ?? "no reason given"}`;
  if (!targets.some((target) => target.host === host)) return "the SRV record is not there yet";
  if (security === "secure") return null;
  return "the SRV record is there, but the zone is not signed: sign it with DNSSEC and have the parent publish its DS record";
}

function print(
  { domain, serverName, records, security, found, server, ready, missing }: OnboardAnswer,
): string {
  return [
    styled("bold", `${domain}, to be served by ${serverName}`),
    "",
    `The zone of ${domain} must be signed with DNSSEC and hold (any priority and weight will do):`,
    "",
    ...records.map((record) => `  ${record}`),
    "",
    `In DNS now (${security}): ${found.length === 0 ? "no SRV record" : found.join(", ")}`,
    "",
    `The zone of ${serverName}, its provider's, must hold its addresses. Signed, it may hold TLSA too: then the`,
    "server needs no certificate of an authority for peers that check it.",
    "",
    ...server.records.map((record) => `  ${record}`),
    "",
    `In DNS now (${server.security}): ${server.found.length === 0 ? "no address" : server.found.join(", ")}`,
    "",
    styled(ready ? "green" : "red", ready ? "Ready." : `Not ready: ${missing}.`),
  ].join("\n");
}
