/** A check as a person reads it: a line a stage, then why, who and what next; the verdict last, where the eye is. console.md 3.5. */
import { groupOf } from "../check/depth.ts";
import type { StageId } from "../check/stage.ts";
import type { Detail } from "../facts/event.ts";
import type { CheckReport, Stage } from "../observe/contract.ts";
import { printable } from "../observe/printable.ts";
import { WHO } from "../observe/who.ts";
import { detailOf, type Facts, minute, whyBogus } from "./check_detail.ts";
import { speaksUtf8 } from "./output.ts";
import { lasted, span, styled } from "./terminal.ts";

const MARKS = {
  ok: ["green", "✓", "ok  "],
  warn: ["yellow", "!", "warn"],
  fail: ["red", "✗", "FAIL"],
  skip: ["dim", "-", "skip"],
  unknown: ["yellow", "?", "?   "],
} as const;

/** Wide enough for the evidence that is usual; ids stand behind it. */
const TEXT_WIDTH = 62;

export function heading({ domain, from }: { readonly domain: string; readonly from: string | null }): string {
  const title = from === null ? `Federation with ${domain}` : `Federation ${from} -> ${domain}`;
  return styled("bold", printable(title));
}

/** Says stages as they come; what belongs together stands under one word. */
export class StageLines {
  #group = "";

  /** Null for a stage that was not come to. */
  of(stage: Stage): string | null {
    const { id, verdict, elapsedMs, hint } = stage;
    if (verdict === "skip" && typeof stage.evidence !== "string") return null;
    const [style, sign, word] = MARKS[verdict];
    const group = groupOf(id as StageId).toUpperCase();
    const label = group === this.#group ? "" : group;
    this.#group = group;
    const mark = styled(style, speaksUtf8() ? sign : word);
    const took = elapsedMs === null ? "" : lasted(elapsedMs);
    const text = printable(said(stage)).padEnd(TEXT_WIDTH);
    const line = `${label.padEnd(7)} ${mark} ${text} ${took.padStart(7)}  ${styled("dim", id)}`;
    const more = ["warn", "unknown"].includes(verdict) && hint !== null
      ? [styled("dim", printable(hint))]
      : detailOf(stage);
    return [line, ...more.map((text) => `          ${text}`)].join("\n");
  }
}

export function conclusion(report: CheckReport): string {
  const { text, cause, fault, next, verify, notTested, verdict, warnings, elapsedMs } = report;
  const lines: string[] = [""];
  if (cause !== null) {
    lines.push(
      `Why it fails:      ${text} (${cause})`,
      `Who can fix it:    ${WHO[fault!]}`,
      `What next:         ${next}`,
      `See for yourself:  ${printable(verify!)}`,
      `More:              verona help ${cause}`,
      "",
    );
  }
  if (notTested.length > 0) lines.push(`Not tested: ${notTested.map(printable).join("; ")}.`);
  const warned = warnings === 0 ? "" : `${warnings} warning${warnings === 1 ? "" : "s"}. `;
  const [style, words] = VERDICTS[verdict];
  const end = WORDS[report.stage]?.[verdict] ?? words;
  return [...lines, `${styled(style, warned + end)} (${lasted(elapsedMs)})`].join("\n");
}

const VERDICTS = {
  open: ["green", "Federation works."],
  closed: ["red", "Federation does not work."],
  unknown: ["yellow", "It could not be told whether federation works."],
} as const;

/** A check that was not to go all the way says no more than it looked at. */
const WORDS: Partial<Record<CheckReport["stage"], Partial<Record<CheckReport["verdict"], string>>>> = {
  dns: {
    open: "DNS is in order; nobody was dialled.",
    unknown: "It could not be told whether DNS is in order.",
  },
  tcp: {
    open: "Its server is there and speaks XMPP; more was not looked at.",
    unknown: "It could not be told whether its server is there.",
  },
  tls: {
    open: "Its server encrypts; whether it is the right one was not looked at.",
    unknown: "It could not be told whether its server encrypts.",
  },
  proof: {
    open: "The server is proven; nothing was asked of it.",
    unknown: "It could not be told whether its server is proven.",
  },
};

/** As a person says it. */
const CARRIERS: Readonly<Record<string, string>> = {
  dane: "DANE",
  posh: "POSH",
  pkix: "its certificate",
};

function proven({ provenBy, tlsa }: Facts): string {
  return `proven by ${CARRIERS[String(provenBy)] ?? provenBy}${tlsa === undefined ? "" : ` (TLSA ${tlsa})`}`;
}

const unvouched = (cause: Detail | undefined): string =>
  cause === "tls.self-signed" ? "self-signed" : String(cause);

/** What was seen, in one line. */
function said({ id, title, verdict, evidence }: Stage): string {
  if (typeof evidence === "string") return evidence;
  const facts = (evidence ?? {}) as Facts;
  const words = SAID[id]?.(facts, verdict) ?? "";
  return words === "" ? title : words;
}

const list = (value: Detail | undefined): string[] => Array.isArray(value) ? value.map(String) : [];
const some = (values: readonly string[], most = 4): string =>
  values.slice(0, most).join(", ") + (values.length > most ? ` and ${values.length - most} more` : "");

const SAID: Readonly<Record<string, (facts: Facts, verdict: Stage["verdict"]) => string>> = {
  "policy": ({ cause }) => `refused by our own policy: ${cause}`,
  "dns.srv": ({ targets, service, why }, verdict) => {
    const servers = (targets as readonly Facts[]).map(({ host, port, tls }) =>
      `${host}:${port}${tls === "direct" ? " (direct TLS)" : ""}`
    );
    if (servers.length > 0) return `SRV ${some(servers)}`;
    if (service === "refused") return "the domain says that it offers no federation";
    if (verdict === "ok") return "no SRV record: its own address and certificate serve";
    return why === null || why === undefined ? "no SRV record" : String(why);
  },
  "dns.secure": ({ security, chain, why, broken, provenBy }) => {
    const zones = (chain as readonly Facts[] | undefined ?? []).map(({ zone }) => String(zone));
    if (security === "secure") return `secure: ${zones.join(" > ")}`;
    if (provenBy !== undefined) return `not signed, and not needed: ${proven({ provenBy })}`;
    if (security === "insecure") return "not signed: only a certificate for the domain itself can prove it";
    return `${String(security).toUpperCase()}: ${whyBogus(broken) ?? why ?? "the resolver did not answer"}`;
  },
  "dns.addresses": ({ addresses, broken }) => {
    if (broken !== undefined) return `BOGUS: ${whyBogus(broken) ?? "the signature does not verify"}`;
    const all = Object.values(addresses as Facts).flatMap((each) => list(each));
    return all.length === 0 ? "no address that may be dialled" : some(all);
  },
  "tcp.reach": ({ address, port, tried }) =>
    tried === undefined ? `${address} port ${port}` : some(list(tried), 2),
  "tcp.ipv6": ({ reached, failed }) => some([...list(reached), ...list(failed)], 2),
  "stream.open": ({ from, said }, verdict) =>
    verdict === "ok" ? `stream from ${from ?? "an unnamed server"}` : `no stream${said ? `: ${said}` : ""}`,
  "tls.offered": (_, verdict) => verdict === "ok" ? "it encrypts" : "it does not encrypt",
  "tls.version": ({ version, cipher }, verdict) =>
    verdict === "ok" ? `${version}, ${cipher}` : "the handshake failed",
  "tls.chain": ({ subject, issuer, cause, ...carrier }, verdict) => {
    if (carrier.provenBy !== undefined) return `${subject}: ${unvouched(cause)}; ${proven(carrier)}`;
    return verdict === "ok"
      ? `${subject}, vouched for by ${issuer}`
      : `${subject ?? "no certificate"}: ${cause}`;
  },
  "tls.names": ({ names, missing, ...carrier }) => {
    if (carrier.provenBy !== undefined) return `names ${some(list(names), 3)}; ${proven(carrier)}`;
    return missing === undefined
      ? `names ${some(list(names))}`
      : `names ${some(list(names), 3)}; nothing in it is ${missing}`;
  },
  "tls.expiry": ({ notAfter, days, ...carrier }, verdict) => {
    if (carrier.provenBy !== undefined) return `dates do not count; ${proven(carrier)}`;
    return verdict === "fail" ? `not valid: until ${notAfter}` : `valid ${days} d, until ${notAfter}`;
  },
  "tls.client-cert": ({ name }) => `we show ${name}`,
  "proof.delegation": ({ prooftype, target, cause, tlsaOf, broken }) =>
    tlsaOf !== undefined
      ? `BOGUS: ${whyBogus(broken) ?? `TLSA of ${tlsaOf}`}`
      : prooftype === undefined
      ? `not proven: ${cause}`
      : `proven by ${prooftype}${target ? `: ${target}` : ""}`,
  "proof.expiry": ({ expires }) =>
    typeof expires === "string"
      ? `holds until ${expires} (${span(Date.parse(expires) - Date.now())})`
      : "holds as long as it is looked at again",
  "dialback.offered": ({ offered }, verdict) => {
    if (offered === true) return "it takes dialback";
    return `it does not take dialback${verdict === "ok" ? ", and let us in without" : ""}`;
  },
  "dialback.errors": ({ offered }) =>
    offered === true ? "refusals come with their reason" : "a refusal would come without its reason",
  "dialback.result": ({ verdict, condition, cause }, is) => {
    if (is === "ok") return `db:result ${verdict}`;
    return is === "unknown" ? `no answer: ${cause}` : `refused: ${condition ?? verdict ?? cause}`;
  },
  "pair.both-ways": ({ openedBy, connection, cause, condition, came, waitedMs }, verdict) => {
    if (openedBy === "it") return `it answered over ${connection}, which it opened to us`;
    if (openedBy === "us") return `it answered over ${connection}, which we had opened`;
    if (verdict === "fail") return `we do not let it in: ${cause}${condition ? ` (${condition})` : ""}`;
    const waited = `no answer in ${span(Number(waitedMs))}`;
    return came === "nothing" ? `${waited}, and nothing of it came` : `${waited}; ${came} over ${connection}`;
  },
  "clock.skew": ({ dated, after, before, behindSeconds, aheadSeconds, what }, verdict) => {
    if (verdict === "ok") return `between ${minute(after)} and ${minute(before)} UTC, by ${dated} dates`;
    return behindSeconds === undefined
      ? `${some(list(what), 2)} ended ${aheadSeconds} s ago`
      : `${some(list(what), 2)} begins in ${behindSeconds} s`;
  },
};
