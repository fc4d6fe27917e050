/** A series as a small line of bars; the numbers are its text. */
export function Spark({ of, label }: { of: readonly number[]; label: string }) {
  const most = Math.max(1, ...of);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${Math.max(1, of.length) * 4} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${of.join(", ")}`}
    >
      {of.map((n, at) => {
        const h = n === 0 ? 1 : Math.max(2, 20 * n / most);
        return <rect key={at} x={at * 4} y={20 - h} width="3" height={h} />;
      })}
    </svg>
  );
}
