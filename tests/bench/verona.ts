/** Verona as an operator starts it: `deno run ... main.ts run`, DNSSEC on both sides. */
import { stringify } from "smol-toml";
import { VERSION } from "../../cli/version.ts";
import { type Place, PORTS, SECRET } from "./lab.ts";
import type { Kind } from "./server.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Sections of verona.toml, merged over those of the bench; lists take their place. */
export type More = (place: Place) => Record<string, Record<string, unknown> | readonly unknown[]>;

/** @param from Another revision's checkout, with its native library built; ours when it is left out. */
export const veronaWith = (
  more: More,
  { name = "verona", from = ROOT }: { name?: string; from?: string } = {},
): Kind => ({
  name,
  version: from === ROOT ? VERSION : `in ${from}`,
  async prepare(place) {
    const config = `${place.folder}/verona.toml`;
    const merged = Object.entries(more(place)).reduce(
      (all, [section, keys]) => ({
        ...all,
        [section]: Array.isArray(keys) ? keys : { ...(all[section] as Record<string, unknown>), ...keys },
      }),
      configuration(place),
    );
    await Deno.writeTextFile(config, stringify(merged));
    const permissions = ["net", "read", "write", "env", "sys=uid", `ffi=${from}native`].map((what) =>
      `--allow-${what}`
    );
    const deno = [
      "run",
      "--quiet",
      "--no-prompt",
      "--config",
      `${from}deno.json`,
      ...permissions,
      ...extra(),
    ];
    return { program: Deno.execPath(), args: [...deno, `${from}main.ts`, "run", "--config", config] };
  },
});

export const VERONA: Kind = veronaWith(() => ({}));

/** As with a peer that speaks no DNA: streams between the service domains, EXTERNAL by pkix, stream management. */
export const CLASSIC: Kind = veronaWith(() => ({ policy: { server_names: false } }), {
  name: "verona-classic",
});

/** For profiling: `BENCH_DENO_FLAGS="--v8-flags=--perf-basic-prof"`. */
const extra = (): string[] =>
  (Deno.env.get("BENCH_DENO_FLAGS") ?? "").split(" ").filter((flag) => flag !== "");

function configuration(
  { name, domain, ip, folder, chain, key, ca, dns, anchor }: Place,
): Record<string, unknown> {
  return {
    server: { names: [name], data_dir: `${folder}/data` },
    certificate: [{ chain, key }],
    trust: { ca: [ca] },
    dns: { servers: [dns], trust_anchor: anchor },
    listen: {
      s2s: [`${ip}:${PORTS.s2s}`],
      component: [`${ip}:${PORTS.component}`],
      console: `${ip}:${PORTS.console}`,
    },
    dial: { allow_private_addresses: true },
    domain: [{ name: domain, component_secret: SECRET }],
  };
}
