/**
 * Writes console/gen/licenses.html: every package that deno.lock and native/Cargo.lock bring into what is shipped, with its licence; `--check` only
 * compares. Nothing is fetched: what was built here has its sources here.
 */
import { crates } from "./crates.ts";
import { npmPackages } from "./npm.ts";
import { licencesPage } from "./page.ts";

const ROOT = new URL("../../", import.meta.url);

export const PLACE = new URL("console/gen/licenses.html", ROOT);

/** The page as it should stand. */
export async function licences(): Promise<string> {
  const own = await Deno.readTextFile(new URL("LICENSE", ROOT));
  return licencesPage(own, [...await npmPackages(), ...await crates()]);
}

if (import.meta.main) {
  const text = await licences();
  const stale = await Deno.readTextFile(PLACE).catch(() => "") !== text;
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(PLACE, text);
  else if (stale) {
    console.error("console/gen/licenses.html is not what the lockfiles say: run `deno task licenses`");
    Deno.exit(1);
  }
}
