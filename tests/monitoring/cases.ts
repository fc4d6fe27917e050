/** For each alert of docs/monitoring/alerts.yml a story that fires it, and one beside it that must not. */

export interface Story {
  /** As promtool writes them, one value a minute. */
  readonly series: Readonly<Record<string, string>>;
  /** In minutes. */
  readonly at: number;
}

export interface Case {
  readonly fires: Story;
  readonly quiet: Story;
  /** It is no worse than a milder alert: that one fires too. */
  readonly also?: readonly string[];
}

const of = (name: string, labels: Readonly<Record<string, string>> = {}): string =>
  `${name}{${
    Object.entries({ job: "verona", instance: "a", ...labels }).map(([key, value]) => `${key}="${value}"`)
      .join()
  }}`;
const story = (at: number, series: Readonly<Record<string, string>>): Story => ({ at, series });

const DAY = 1440;
const denied = of("xmpp_s2s_pair_decisions_total", {
  direction: "in",
  decision: "denied",
  cause: "proof.none",
});
const ends = (days: number) => ({
  [of("xmpp_s2s_certificate_expiry_timestamp_seconds", { local: "mx.example" })]: `${days * 86_400}x60`,
});
const handshakes = (result: string) =>
  of("xmpp_s2s_tls_handshakes_total", { direction: "out", protocol: "none", group: "none", result });
const validations = (result: string, cause: string) =>
  of("xmpp_s2s_dnssec_validations_total", { result, cause });
const late = (le: string, perMinute: number) => ({
  [of("verona_event_loop_delay_seconds_bucket", { le })]: `0+${perMinute}x60`,
});

export const CASES: Readonly<Record<string, Case>> = {
  VeronaDown: {
    fires: story(6, { [of("up")]: "1x2 0x10" }),
    quiet: story(6, { [of("up")]: "1x2 0 1x10" }),
  },
  VeronaNotReady: {
    fires: story(10, { [of("verona_ready")]: "1x2 0x20" }),
    quiet: story(10, { [of("verona_ready")]: "1x2 0x3 1x20" }),
  },
  VeronaRestarts: {
    fires: story(50, { [of("process_start_time_seconds")]: "1x10 2x10 3x10 4x30" }),
    quiet: story(50, { [of("process_start_time_seconds")]: "1x10 2x10 3x40" }),
  },
  VeronaActorCrashed: {
    fires: story(20, { [of("verona_actor_crashes_total")]: "0x10 1x20" }),
    quiet: story(90, { [of("verona_actor_crashes_total")]: "0x10 1x100" }),
  },
  VeronaRecorderErrors: {
    fires: story(20, { [of("verona_recorder_errors_total")]: "0x10 1x20" }),
    quiet: story(20, { [of("verona_recorder_errors_total")]: "0x40" }),
  },
  VeronaEventLoopLate: {
    fires: story(30, { ...late("0.25", 200), ...late("0.5", 239), ...late("+Inf", 240) }),
    quiet: story(30, { ...late("0.25", 239), ...late("0.5", 240), ...late("+Inf", 240) }),
  },
  VeronaProofEnds: {
    fires: story(120, { [of("xmpp_s2s_proof_earliest_expiry_timestamp_seconds")]: "9600x200" }),
    // Renewed at every second hour, always with more than an hour left.
    quiet: story(200, { [of("xmpp_s2s_proof_earliest_expiry_timestamp_seconds")]: "10800x100 21600x200" }),
  },
  VeronaProofsTroubled: {
    fires: story(90, {
      [of("xmpp_s2s_proofs", { state: "held" })]: "9x100",
      [of("xmpp_s2s_proofs", { state: "suspected" })]: "0x5 1x100",
    }),
    quiet: story(90, {
      [of("xmpp_s2s_proofs", { state: "held" })]: "9x100",
      [of("xmpp_s2s_proofs", { state: "suspected" })]: "0x5 1x30 0x100",
    }),
  },
  VeronaCertificateEnds: {
    fires: story(30, ends(13)),
    quiet: story(30, ends(15)),
  },
  VeronaCertificateEndsSoon: {
    fires: story(30, ends(2)),
    quiet: story(30, ends(15)),
    also: ["VeronaCertificateEnds"],
  },
  VeronaDnsBogus: {
    fires: story(60, {
      [validations("secure", "none")]: "0+10x90",
      [validations("bogus", "dns.bogus")]: "0+1x90",
    }),
    // One broken zone among many good ones; and a quiet night on which one of two answers is bad.
    quiet: story(60, {
      [validations("secure", "none")]: "0+100x90",
      [validations("bogus", "dns.bogus")]: "0+1x90",
    }),
  },
  VeronaWitnessDisagrees: {
    fires: story(20, { [validations("bogus", "dns.witness")]: "0x10 1x20" }),
    quiet: story(20, {
      [validations("bogus", "dns.witness")]: "0x40",
      [validations("indeterminate", "dns.witness-unavailable")]: "0+1x40",
    }),
  },
  VeronaDenialsJump: {
    fires: story(DAY + 120, { [denied]: `0+2x${DAY + 40} ${2 * DAY + 80}+20x200` }),
    quiet: story(DAY + 120, { [denied]: `0+10x${DAY + 40} ${10 * DAY + 400}+20x200` }),
  },
  VeronaQueueOld: {
    fires: story(10, { [of("xmpp_s2s_route_queue_oldest_age_seconds")]: "0x2 80x20" }),
    quiet: story(10, { [of("xmpp_s2s_route_queue_oldest_age_seconds")]: "0 80 0 80 0 80 0 80 0 80 0 80" }),
  },
  VeronaStanzasUnconfirmed: {
    fires: story(20, { [of("xmpp_s2s_stanzas_unconfirmed_total")]: "0x10 400x20" }),
    quiet: story(20, { [of("xmpp_s2s_stanzas_unconfirmed_total")]: "0x10 50x20" }),
  },
  VeronaTlsFails: {
    fires: story(40, { [handshakes("ok")]: "0+5x60", [handshakes("tls.handshake")]: "0+2x60" }),
    quiet: story(40, { [handshakes("ok")]: "0+20x60", [handshakes("tls.handshake")]: "0+2x60" }),
  },
  VeronaComponentAway: {
    fires: story(30, { [of("verona_domains", { component: "away" })]: "0x5 2x40" }),
    quiet: story(30, { [of("verona_domains", { component: "away" })]: "0x5 2x5 0x40" }),
  },
};
