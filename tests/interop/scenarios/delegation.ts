/** What DNS says about who may act for the peer's domain. */
import { tellsError } from "../errors.ts";
import { proven } from "../findings.ts";
import type { Scenario } from "../scenario.ts";
import { srvOwner } from "../../harness/world.ts";
import { talk } from "./proofs.ts";

export const DELEGATION: readonly Scenario[] = [
  {
    key: "unsigned",
    name: "SRV unsigned, certificate of the domain",
    publish(lab, { theirs: [domain], target }) {
      lab.world.customer(domain!, [target], { signed: false });
    },
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["pkix"], scene.peer.kind.way);
    },
  },
  {
    key: "secure",
    name: "SRV secure, certificate of the SRV target alone",
    shows: "target",
    async act(scene) {
      await talk(scene);
      return await proven(scene, ["dna-srv"]);
    },
  },
  {
    key: "bogus",
    name: "SRV bogus, certificate of the SRV target alone",
    shows: "target",
    publish(lab, { theirs: [domain] }) {
      lab.world.zone(domain!).damage(srvOwner(domain!), "SRV", "corrupt");
    },
    async act(scene) {
      await tellsError(scene);
      await scene.verona.told(
        {
          remote: scene.theirs[0],
          cause: "dns.bogus",
          ...scene.direction === "in" && { event: "pair.denied" },
        },
        scene.since,
      );
      return "refused, `dns.bogus`";
    },
  },
];
