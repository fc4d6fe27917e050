/** `--stage`: how far a check goes. */
import { type Depth, DEPTHS } from "../../check/depth.ts";
import { nearestWord } from "../../config/nearest.ts";
import { EXIT } from "../exit.ts";
import { CommandFault } from "../fault.ts";

/** Of a stage's id its group counts: `dns.secure` is of `dns`. */
export function depth(text: string): Depth {
  const found = DEPTHS.find((one) => one === text);
  if (found !== undefined) return found;
  const near = nearestWord(text.split(".")[0]!, DEPTHS);
  throw new CommandFault(
    EXIT.wrongUse,
    `--stage ${text}: there is no such stage`,
    near === null ? `there are ${DEPTHS.join(", ")}` : `did you mean "${near}"?`,
  );
}
