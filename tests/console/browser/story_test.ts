/** The console beside a federation that has happened: both servers of the demo, after its story. console.md 6. */
// First: the server lets the middle of a long history go, and the demo's proofs are looked at every two seconds.
import "./story/sequence.ts";
import "./story/tables.ts";
import "./story/chart.ts";
import "./story/proofs.ts";
import "./story/files.ts";
import "./story/overview.ts";
import "./story/access.ts";
import "./story/screens.ts";
import "./story/licences.ts";
// Last: it takes a pair away.
import "./story/changes.ts";
