/** The console: whoever opens it sees what this server does, and why. console.md 6. */
import { render } from "preact";
import { App } from "./app.tsx";
import { listenToKeys } from "./keys.ts";
import { followLinks } from "./location.ts";
import { hearMishaps } from "./parts/mishaps.tsx";
import { Part } from "./parts/part.tsx";
import { connect } from "./socket.ts";
import { applyTheme } from "./theme.ts";
import { acceptDrops } from "./trace_file.ts";

applyTheme();
followLinks();
listenToKeys();
acceptDrops();
hearMishaps();
// The code of a log-in link comes first: whoever holds it has no session yet.
if (location.pathname !== "/login" || location.hash === "") void connect();
render(
  <Part what="the console" heads>
    <App />
  </Part>,
  document.body,
);
