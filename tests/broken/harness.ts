/** Starts the product with one module replaced by a broken one. */

const ROOT = new URL("../../", import.meta.url);

/** Which module of the product each broken one stands for. */
export const BROKEN = {
  grant_without_proof: "policy/dna_srv.ts",
  stanza_before_grant_in: "routing/filter.ts",
  stanza_before_grant_out: "routing/outward.ts",
  denial_opens: "xmpp/dialback.ts",
  revocation_ignored: "routing/binding_table.ts",
} as const;

export type Broken = keyof typeof BROKEN;

/** Writes the import map; the broken module itself still finds the sound one. */
export async function brokenImports(directory: string, broken: Broken): Promise<string> {
  const sound = new URL(BROKEN[broken], ROOT).href;
  const own = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))).imports;
  // deno.json implies these; an import map does not.
  const folders = Object.entries<string>(own)
    .map(([name, target]) => [`${name}/`, `${target.replace(/^npm:/, "npm:/")}/`]);
  const map = {
    imports: {
      ...own,
      ...Object.fromEntries(folders),
      [sound]: new URL(`tests/broken/${broken}.ts`, ROOT).href,
    },
    scopes: { [new URL("tests/broken/", ROOT).href]: { [sound]: sound } },
  };
  const path = `${directory}/broken.json`;
  await Deno.writeTextFile(path, JSON.stringify(map));
  return path;
}
