/** The views of one thing: each has an address, and the first one the plain address. */
import { withParams } from "../location.ts";

export interface View {
  readonly name: string;
  readonly title: string;
  readonly count?: number | undefined;
}

export function Tabs({ of, at }: { of: readonly View[]; at: string }) {
  return (
    <div class="tabs" role="tablist" aria-label="Views">
      {of.map(({ name, title, count }, index) => (
        <a
          key={name}
          id={`tab-${name}`}
          role="tab"
          aria-selected={name === at}
          aria-controls="panel"
          href={withParams({ tab: index === 0 ? null : name })}
        >
          {title}
          {count !== undefined && (
            <>
              {" "}
              <span class="badge">{count}</span>
            </>
          )}
        </a>
      ))}
    </div>
  );
}
