/** docs/configuration.md, written from the configuration's schema. */
import { type Key, type Section, sections } from "../config/keys.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

export function configurationPage(): string {
  return `# Configuration

Every key of verona.toml; \`verona help KEY\` (\`verona help dns.trust_anchor\`) says the same, and so do editors that read \`verona config schema\`.
\`verona config init\` writes a first file, \`verona config check\` finds every mistake in one, \`verona config show\` prints every value and where it
comes from. Generated from config/ by \`deno task references\`.

The file is TOML. Relative paths count from its own folder. An unknown key is a mistake. Durations read \`"500ms"\`, \`"3s"\`, \`"2m"\`, \`"24h"\`, \`"7d"\`; sizes are bytes, or read
\`"10000B"\`, \`"64KiB"\`, \`"16MiB"\`, \`"1GiB"\`. A variable \`VERONA_SECTION__KEY\` (\`VERONA_LISTEN__CONSOLE\`) is in place of a key that holds one value.

What is marked \`reload\` is taken up by SIGHUP or \`verona config reload\` without closing a stream, \`restart\` at the next start (the reload says so), \`file\`
when the file that is named changes ([operating.md](operating.md), Reload). Times and sizes of \`[limits]\` that a connection is given when it begins count from the next one on.

${sections().map(section).join("\n")}`;
}

function section({ table, about, keys }: Section): string {
  return `## \`${table}\`

${about}

| key | type | default | change | what it does | for example |
| --- | --- | --- | --- | --- | --- |
${keys.map(row).join("")}`;
}

const CHANGE: Readonly<Record<Key["takesEffect"], string>> = {
  "at a reload": "reload",
  "at the next start": "restart",
  "at a reload, and when the file changes": "reload, file",
  "at the next command": "at once",
};

function row({ id, name, kind, byDefault, about, example, takesEffect }: Key): string {
  const cells = [
    `\`${id}\``,
    kind,
    byDefault === null ? "none" : `\`${byDefault}\``,
    CHANGE[takesEffect],
    about,
    `\`${name} = ${example}\``,
  ];
  return `| ${cells.map(cell).join(" | ")} |\n`;
}
