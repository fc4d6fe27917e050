/** Series over time, drawn by uPlot, which comes as a file of its own when the first one is shown. */
import { useEffect, useRef, useState } from "preact/hooks";
import { isDark } from "../theme.ts";
import type { Plotter } from "../plotter.ts";

/** Loaded once. */
let plotter: Promise<Plotter> | null = null;

const FILE = "/assets/plot.js";
const HEIGHT_PX = 180;

export interface PlotProps {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly series: readonly (readonly [name: string, values: readonly number[]])[];
  readonly label: string;
}

export function Plot({ times, series, label }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ update: (data: PlotProps) => void; destroy: () => void } | null>(null);
  const [failed, setFailed] = useState<{ readonly error: unknown } | null>(null);
  if (failed !== null) throw failed.error;
  const dark = isDark();
  useEffect(() => {
    let gone = false;
    plotter ??= import(FILE) as Promise<Plotter>;
    void plotter.then(({ draw }) => {
      if (gone) return;
      drawn.current = draw(box.current!, { times, series, label }, HEIGHT_PX);
    }).catch((error) => {
      plotter = null; // whoever draws it again asks again
      if (!gone) setFailed({ error });
    });
    return () => {
      gone = true;
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [dark, series.length]);
  useEffect(() => drawn.current?.update({ times, series, label }), [times, series]);
  return <div class="plot" ref={box} role="img" aria-label={label} />;
}
