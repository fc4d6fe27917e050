/** Starts the product with some of its modules replaced: an import map, and no switch in the product. */
const ROOT = new URL("../../", import.meta.url);

/** A module of the product and the one of the tests that stands for it, both as paths below the root. */
export type Replacement = readonly [sound: string, instead: string];

/** Writes the import map; modules of the tests still find the sound ones. */
export async function replaceModules(
  directory: string,
  replacements: readonly Replacement[],
): Promise<string> {
  const own = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))).imports;
  const url = (path: string) => new URL(path, ROOT).href;
  const map = {
    imports: {
      ...own,
      ...folders(own),
      ...Object.fromEntries(replacements.map(([sound, instead]) => [url(sound), url(instead)])),
    },
    scopes: { [url("tests/")]: Object.fromEntries(replacements.map(([sound]) => [url(sound), url(sound)])) },
  };
  const path = `${directory}/imports.json`;
  await Deno.writeTextFile(path, JSON.stringify(map));
  return path;
}

/** deno.json implies a mapping for the files inside each package; an import map does not. */
function folders(imports: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(imports).map(([name, target]) => [`${name}/`, `${target.replace(/^npm:/, "npm:/")}/`]),
  );
}
