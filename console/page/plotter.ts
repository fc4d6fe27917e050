/** uPlot with this page's colours: built to a file of its own. */
import UPlot from "uplot";
import type { PlotProps } from "./parts/plot.tsx";

export interface Plotter {
  draw(box: HTMLElement, data: PlotProps, height: number): {
    update: (data: PlotProps) => void;
    destroy: () => void;
  };
}

const COLOURS = ["--good", "--bad", "--warn", "--accent"];

export const draw: Plotter["draw"] = (box, first, height) => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = "11px Inter, system-ui, sans-serif";
  const grid = { stroke: colour("--line-soft"), width: 1 };
  const plot = new UPlot(
    {
      width: box.clientWidth,
      height,
      legend: { live: true },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: (_, _low, high) => [0, Math.max(4, high * 1.1)] } },
      axes: [
        { stroke: colour("--muted"), font, grid, ticks: grid, size: 28, values: "{HH}:{mm}" },
        {
          stroke: colour("--muted"),
          font,
          grid,
          ticks: grid,
          size: 36,
          incrs: [1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000],
        },
      ],
      series: [
        { label: "time", value: "{HH}:{mm}:{ss}" },
        ...first.series.map(([label], at) => ({
          label,
          stroke: colour(COLOURS[at % COLOURS.length]!),
          // Told apart without colour too.
          dash: at === 0 ? [] : at === 1 ? [6, 3] : [2, 3],
          width: 1.6,
          points: { show: false },
        })),
      ],
    },
    dataOf(first),
    box,
  );
  const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }));
  observer.observe(box);
  return {
    update: (data) => plot.setData(dataOf(data)),
    destroy: () => {
      observer.disconnect();
      plot.destroy();
    },
  };
};

const dataOf = ({ times, series }: PlotProps) =>
  [times, ...series.map(([, values]) => values)] as unknown as UPlot.AlignedData;
