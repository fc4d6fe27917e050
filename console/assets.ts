/** The page's files as the server gives them out: text in the module graph, so that they are there in every form of the program. */
import css from "./gen/app.css" with { type: "text" };
import app from "./gen/app.js" with { type: "text" };
import licensesScript from "./gen/licenses.js" with { type: "text" };
import licenses from "./gen/licenses.html" with { type: "text" };
import icon from "./gen/icon.svg" with { type: "text" };
import page from "./gen/index.html" with { type: "text" };
import plot from "./gen/plot.js" with { type: "text" };

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/** By path. */
export const ASSETS: ReadonlyMap<string, { readonly type: string; readonly body: string }> = new Map([
  ["/index.html", { type: HTML, body: page }],
  ["/licenses", { type: HTML, body: licenses }],
  ["/assets/app.js", { type: SCRIPT, body: app }],
  ["/assets/plot.js", { type: SCRIPT, body: plot }],
  ["/assets/licenses.js", { type: SCRIPT, body: licensesScript }],
  ["/assets/app.css", { type: "text/css; charset=utf-8", body: css }],
  ["/assets/icon.svg", { type: "image/svg+xml", body: icon }],
]);
