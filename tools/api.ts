/** Writes the list of endpoints into docs/api.md; with `--check` it only compares. */
import { ENDPOINTS } from "../observe/api/endpoints.ts";

const BEGIN = "<!-- endpoints: written by `deno task references` -->\n";
const END = "<!-- /endpoints -->";

const ROLES = {
  operator: "operator",
  viewer: "viewer",
  anyone: "anyone",
  health: "anyone on loopback, else viewer",
};

/** The page with its list of endpoints as the router has them. */
export function withEndpoints(page: string): string {
  const rows = ENDPOINTS.map(({ method, path, role, about }) =>
    `| ${method} | \`${path}\` | ${ROLES[role ?? "health"]} | ${about.replaceAll("|", "\\|")} |\n`
  );
  const [before = "", rest = ""] = page.split(BEGIN, 2);
  const after = rest.split(END, 2)[1] ?? "";
  return `${before}${BEGIN}\n| | path | who | what |\n| --- | --- | --- | --- |\n${
    rows.join("")
  }\n${END}${after}`;
}
