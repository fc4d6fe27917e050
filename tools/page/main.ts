/**
 * Builds console/page to console/gen: one script, one more for the plots and one for the licences, one style sheet; `--check` only compares.
 * Deno bundles with the esbuild that its pinned version names, so the same sources give the same bytes.
 */
const PAGE = new URL("../../console/page/", import.meta.url);
const GEN = new URL("../../console/gen/", import.meta.url);
const STYLES = ["tokens", "frame", "basics", "grid", "entity", "chart", "sequence", "pages", "licenses"];

/** Each file as it should stand, by name. */
export async function build(): Promise<Map<string, string>> {
  const scripts = { "app.js": "main.tsx", "plot.js": "plotter.ts", "licenses.js": "licenses.ts" };
  const built = new Map<string, string>();
  for (const [name, entry] of Object.entries(scripts)) built.set(name, await bundle(entry));
  const parts = await Promise.all(
    STYLES.map((name) => Deno.readTextFile(new URL(`styles/${name}.css`, PAGE))),
  );
  built.set("app.css", shrink(parts.join("\n") + await plotStyle()));
  built.set("index.html", await Deno.readTextFile(new URL("index.html", PAGE)));
  built.set("icon.svg", await Deno.readTextFile(new URL("icon.svg", PAGE)));
  return built;
}

async function bundle(entry: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  const output = `${folder}/out.js`;
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform", "browser", "--minify", "--output", output, entry],
      cwd: PAGE,
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) throw new Error(`deno bundle ${entry} failed:\n${new TextDecoder().decode(stderr)}`);
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** uPlot's own, which places its parts. */
async function plotStyle(): Promise<string> {
  const { default: style } = await import("uplot/dist/uPlot.min.css", { with: { type: "text" } });
  return style;
}

/** Comments and indentation go; the rest is small enough. */
function shrink(css: string): string {
  return css.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s*\n\s*/g, "\n").replace(/\s*([{}:;,>])\s*/g, "$1")
    .replace(/;}/g, "}").trim() + "\n";
}

/** The files that differ from what stands in console/gen. */
export async function stale(built: ReadonlyMap<string, string>): Promise<string[]> {
  const changed: string[] = [];
  for (const [name, text] of built) {
    if (await Deno.readTextFile(new URL(name, GEN)).catch(() => null) !== text) changed.push(name);
  }
  return changed;
}

if (import.meta.main) {
  const built = await build();
  const changed = await stale(built);
  if (!Deno.args.includes("--check")) {
    for (const name of changed) await Deno.writeTextFile(new URL(name, GEN), built.get(name)!);
    console.log(changed.length === 0 ? "the page is as it was" : `built ${changed.join(", ")}`);
  } else if (changed.length > 0) {
    console.log(`console/gen is older than console/page: ${changed.join(", ")}; run ./dev page`);
    Deno.exit(1);
  }
}
