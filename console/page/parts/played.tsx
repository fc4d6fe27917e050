/** A picture that can be moved through time, and the events that moved it beside it. console.md 6 D1. */
import type { ComponentChildren } from "preact";
import { Part } from "./part.tsx";
import { Timeline } from "./timeline.tsx";
import type { Trace } from "./trace.ts";
import { Scrubber, type Travel } from "./travel.tsx";

interface PlayedProps {
  readonly trace: Trace;
  readonly travel: Travel;
  /** Which picture: another one is drawn anew where the last one failed. */
  readonly at?: string;
  /** Nothing is added to the trace any more. */
  readonly still?: boolean;
  readonly children: ComponentChildren;
}

export function Played({ trace, travel, at, still = false, children }: PlayedProps) {
  return (
    <div class="split">
      <div class="stage">
        <Part what="this picture" {...(at === undefined ? {} : { at })}>{children}</Part>
        <Scrubber events={trace.events} travel={travel} />
      </div>
      <Part what="the list of events">
        <Timeline trace={trace} travel={travel} still={still} />
      </Part>
    </div>
  );
}
