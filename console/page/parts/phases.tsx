/** How long each phase of a federation takes. console.md 6 A. */
import type { Overview } from "../../../observe/contract.ts";
import { count, span } from "../format.ts";

export function Phases({ data: { latencies } }: { data: Overview }) {
  const most = Math.max(1, ...latencies.map(({ p99Ms }) => p99Ms ?? 0));
  const ms = (value: number | null) => value === null ? "–" : span(value);
  return (
    <section class="card" aria-label="Time by phase">
      <h2>Time by phase, 15 min</h2>
      <table class="phases">
        <thead>
          <tr>
            <th>phase</th>
            <th class="right">count</th>
            <th class="right">p50</th>
            <th class="right">p95</th>
            <th class="right">p99</th>
            <th>
              <span class="heard-only">p50 to p99</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {latencies.map(({ phase, count: n, p50Ms, p95Ms, p99Ms }) => (
            <tr key={phase} data-phase={phase}>
              <th scope="row">{phase}</th>
              <td class="right">{count(n)}</td>
              <td class="right">{ms(p50Ms)}</td>
              <td class="right">{ms(p95Ms)}</td>
              <td class="right">{ms(p99Ms)}</td>
              <td class="bars">
                <svg width="100%" height="10" aria-hidden="true">
                  <rect class="p99" width={`${100 * (p99Ms ?? 0) / most}%`} height="10" rx="2" />
                  <rect class="p95" width={`${100 * (p95Ms ?? 0) / most}%`} height="10" rx="2" />
                  <rect class="p50" width={`${100 * (p50Ms ?? 0) / most}%`} height="10" rx="2" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
