/** The page of licences: a table of the packages, and below it each text once. */
import type { Package } from "./package.ts";

/** Texts that differ in nothing but white space are one. */
interface Text {
  readonly id: string;
  readonly text: string;
  /** `NAME VERSION`, in the table's order. */
  readonly packages: string[];
}

/**
 * @param own The text of Verona's own licence.
 * @param packages In any order.
 */
export function licencesPage(own: string, packages: readonly Package[]): string {
  const sorted = packages.toSorted((a, b) =>
    compare(a.name.replace("@", ""), b.name.replace("@", "")) || compare(a.version, b.version) ||
    compare(a.from, b.from)
  );
  const texts = gather(sorted);
  const rows = sorted.map((one) =>
    row(one, [...one.texts].map(([file, text]) => [file, texts.get(key(text))!]))
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Licences · Verona</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/app.css">
<script type="module" src="/assets/licenses.js"></script>
</head>
<body>
<main class="licences" tabindex="0">
<h1>Licences</h1>
<p><a href="/">Back to the console</a></p>
<p>Verona is under the MIT licence:</p>
<pre>${escape(own.trim())}</pre>
<h2 id="packages">What is shipped with it</h2>
<p>${sorted.length} packages stand in the server, its native library and its console, in these versions. The native library holds Rust's standard
library too (MIT OR Apache-2.0), and the one executable holds Deno (MIT). The places of the boxes in the charts were found by elkjs (EPL-2.0), which
is no part of Verona.</p>
<table>
<thead><tr><th scope="col">package</th><th scope="col">version</th><th scope="col">from</th><th scope="col">licence</th><th scope="col">text</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
<h2 id="texts">Texts</h2>
${[...texts.values()].map(section).join("\n")}
</main>
</body>
</html>
`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const key = (text: string): string => text.replace(/\s+/g, " ").trim();

function gather(packages: readonly Package[]): Map<string, Text> {
  const texts = new Map<string, Text>();
  for (const { name, version, texts: files } of packages) {
    for (const text of files.values()) {
      const one = texts.get(key(text)) ?? { id: `t${texts.size + 1}`, text, packages: [] };
      texts.set(key(text), one);
      one.packages.push(`${name} ${version}`);
    }
  }
  return texts;
}

function row(
  { name, version, from, licence }: Package,
  files: readonly (readonly [file: string, text: Text])[],
): string {
  const links = files.map(([file, { id }]) => `<a href="#${id}">${escape(file)}</a>`);
  const cells = [name, version, from, licence].map(escape).concat(links.join(" ") || "its package has none");
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function section({ id, text, packages }: Text): string {
  return `<section id="${id}">
<h3>${escape([...new Set(packages)].join(", "))}</h3>
<pre>${escape(text.replaceAll("\r\n", "\n").replace(/[^\S\n]+$/gm, "").trim())}</pre>
</section>`;
}

/** As text, in HTML. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}
