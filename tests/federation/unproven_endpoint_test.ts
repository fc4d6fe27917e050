/** An endpoint that no certificate proves, under a policy that takes it: it is sent to, and never heard. TF-9, 2.8. */
import { selfSigned } from "../harness/certificates.ts";
import { Stage } from "../harness/stage.ts";
import { DNA_BIDI_FEATURES } from "../peer/stream.ts";
import { arrival, grant, message } from "./acts.ts";

const REMOTE = "unsigned.example", LOCAL = "target.example";

Deno.test("BID-5 TF-9: with an endpoint that nothing proves there is no bidi: what it says for its domain is not delivered", async () => {
  await using stage = await Stage.open({
    settings: { policy: { peer: { [REMOTE]: { proof: "encrypted" } } } },
  });
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${REMOTE}`, "m1");
  const tls = { identity: await selfSigned({ names: [REMOTE] }) };
  const { r } = await arrival(stage, { tls, features: DNA_BIDI_FEATURES });
  await grant(r, LOCAL, REMOTE); // the request comes first: no <bidi/>
  await r.message({ id: "m1" });
  r.send(message(`romeo@${REMOTE}`, `juliet@${LOCAL}`, "m2"));
  await r.message({ id: "m2", type: "error" }); // F5: on the pair's own way
  juliet.say("juliet", "nobody@nowhere.example", "fence");
  await juliet.message({ id: "fence", type: "error" }); // and nothing before it
});
