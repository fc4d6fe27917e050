/** What Verona may do when an operator starts it: as `./dev` says, so that no test grants it more. */
const ROOT = new URL("../../", import.meta.url).pathname;

const command = /exec "\$deno" run [^]*?\$home\/main\.ts/.exec(Deno.readTextFileSync(`${ROOT}dev`))![0];

export const PERMISSIONS: readonly string[] = [
  "--no-prompt",
  ...command.match(/--allow-\S+/g)!.map((flag) => flag.replaceAll('"', "").replace("$home/", ROOT)),
];
