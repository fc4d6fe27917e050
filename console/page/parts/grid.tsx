/**
 * A table of any length: only the rows in view are in the document, in pages that the server filters, sorts and cuts.
 * Rows change in place; what is new waits to be asked for, so that nothing moves under the pointer. console.md 2.3.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { go, params, withParams } from "../location.ts";
import { count } from "../format.ts";
import { link } from "../socket.ts";
import { Empty, Skeleton, Trouble } from "./basics.tsx";
import { FilterBar } from "./filter.tsx";
import { wordsOf } from "./mishaps.tsx";
import { Part } from "./part.tsx";
import { useRows } from "./rows.ts";
import type { TableName, TableRows } from "../../../observe/contract.ts";
import { onKeys } from "../keys.ts";

export const ROW_PX = 36;
const MARGIN_ROWS = 8;
const MOST_ROWS = 60;

export interface GridColumn<Row> {
  readonly id: string;
  readonly title: string;
  /** A CSS grid track. */
  readonly track: string;
  /** The server's key to sort by. */
  readonly sort?: string;
  readonly right?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface GridProps<Name extends TableName> {
  readonly name: Name;
  readonly label: string;
  readonly columns: readonly GridColumn<TableRows[Name]>[];
  readonly href: (row: TableRows[Name]) => string;
  /** Which facet is shown as buttons. */
  readonly facet: string;
  readonly placeholder: string;
  /** When the whole table is empty. */
  readonly nothing: ComponentChildren;
  readonly id: (row: TableRows[Name]) => string;
}

export function Grid<Name extends TableName>(
  { name, label, columns, href, facet, placeholder, nothing, id }: GridProps<Name>,
) {
  const q = params.value.get("q") ?? "", sort = params.value.get("sort") ?? "";
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ from: 0, to: MOST_ROWS - 2 * MARGIN_ROWS });
  const [selected, setSelected] = useState(-1);
  const rows = useRows(name, q, sort, view);
  const { total, all, error, loaded } = rows;

  const look = () => {
    const { scrollTop, clientHeight } = scroller.current!;
    const from = Math.max(0, Math.floor(scrollTop / ROW_PX) - MARGIN_ROWS);
    const to = Math.min(from + MOST_ROWS, Math.ceil((scrollTop + clientHeight) / ROW_PX) + MARGIN_ROWS);
    setView((old) => old.from === from && old.to === to ? old : { from, to });
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);
  // Before it is drawn: a key that comes right after must find the new table.
  useLayoutEffect(() => {
    scroller.current!.scrollTop = 0;
    setSelected(-1);
    latest.current.selected = -1;
  }, [q, sort]);

  // Keys may come faster than the page is drawn anew: they act on this, never on what was last drawn.
  const latest = useRef({ selected, total, rows, href });
  Object.assign(latest.current, { total, rows, href });
  const select = (at: number) => {
    const to = Math.max(0, Math.min(latest.current.total - 1, at));
    latest.current.selected = to;
    setSelected(to);
    const box = scroller.current!;
    const top = to * ROW_PX;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PX - box.clientHeight;
  };
  useEffect(() => {
    const now = latest.current;
    const move = (by: number) => () => select(now.selected + by);
    const open = () => {
      const row = now.selected < 0 ? null : now.rows.at(now.selected);
      if (row !== null) go(now.href(row));
    };
    return onKeys({
      j: move(1),
      ArrowDown: move(1),
      k: move(-1),
      ArrowUp: move(-1),
      Home: () => select(0),
      End: () => select(now.total - 1),
      Enter: open,
      ".": () => now.rows.pause(!now.rows.paused),
    });
  }, []);

  const tracks = columns.map(({ track }) => track).join(" ");
  const shown = [];
  for (let at = view.from; at < Math.min(view.to, total); at++) shown.push({ at, row: rows.at(at) });
  return (
    <>
      <Part what="the filter">
        <FilterBar
          table={name}
          q={q}
          placeholder={placeholder}
          facet={facet}
          facets={rows.facets}
          counts={`${count(total)} of ${count(all)}`}
          fresh={rows.fresh}
          paused={rows.paused}
          onFresh={rows.refresh}
          onPause={() => rows.pause(!rows.paused)}
        />
      </Part>
      <div
        class={`grid${rows.dimmed || link.value === "lost" ? " dimmed" : ""}`}
        role="grid"
        aria-label={label}
        aria-rowcount={loaded ? total + 1 : -1}
        aria-colcount={columns.length}
      >
        <div class="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
          {columns.map((column) => <HeadCell key={column.id} column={column} sort={sort} />)}
        </div>
        <div
          class="grid-body"
          role="rowgroup"
          ref={scroller}
          onScroll={look}
          tabIndex={0}
          aria-label={`${label}: rows`}
        >
          <div class="grid-space" role="presentation" style={{ height: `${total * ROW_PX}px` }}>
            {shown.map(({ at, row }) => (
              <GridRow
                key={row === null ? `at ${at}` : id(row)}
                at={at}
                selected={at === selected}
                tracks={tracks}
              >
                {row === null ? null : (
                  <Part what="this row" instead={unreadable}>
                    <Cells row={row} columns={columns} href={href} reached={at === Math.max(selected, 0)} />
                  </Part>
                )}
              </GridRow>
            ))}
          </div>
        </div>
      </div>
      {error !== null && <Trouble error={error} again={rows.refresh} />}
      {error === null && !loaded && <Skeleton />}
      {error === null && loaded && all === 0 && q === "" && nothing}
      {error === null && loaded && total === 0 && (all > 0 || q !== "") && (
        <NoMatch q={q} all={all} label={label} />
      )}
    </>
  );
}

/** The first one leads to what the row is of. */
function Cells<Row>({ row, columns, href, reached }: {
  row: Row;
  columns: readonly GridColumn<Row>[];
  href: (row: Row) => string;
  reached: boolean;
}) {
  return columns.map((column, index) => (
    <div
      key={column.id}
      role={index === 0 ? "rowheader" : "gridcell"}
      class={column.right ? "cell right" : "cell"}
    >
      {index > 0 ? column.cell(row) : (
        <a href={href(row)} class="row-link" tabIndex={reached ? 0 : -1}>
          {column.cell(row)}
        </a>
      )}
    </div>
  ));
}

const unreadable = (error: unknown) => (
  <div role="gridcell" class="cell unreadable" data-failed="row">
    ✕ This row cannot be drawn: {wordsOf(error)}
  </div>
);

function HeadCell<Row>(
  { column: { id, title, sort: key, right }, sort }: { column: GridColumn<Row>; sort: string },
) {
  const direction = key === undefined
    ? null
    : sort === key
    ? "ascending"
    : sort === `-${key}`
    ? "descending"
    : null;
  const next = direction === "ascending" ? `-${key}` : direction === "descending" ? null : key ?? null;
  return (
    <div
      role="columnheader"
      class={right ? "cell right" : "cell"}
      {...(key === undefined ? {} : { "aria-sort": direction ?? "none" })}
      data-column={id}
    >
      {key === undefined
        ? title
        : (
          <button type="button" class="sort" onClick={() => go(withParams({ sort: next }))}>
            {title}
            <span aria-hidden="true">
              {direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}
            </span>
          </button>
        )}
    </div>
  );
}

function GridRow(
  { at, selected, tracks, children }: {
    at: number;
    selected: boolean;
    tracks: string;
    children: ComponentChildren;
  },
) {
  return (
    <div
      class={selected ? "grid-row selected" : "grid-row"}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={selected}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${at * ROW_PX}px)` }}
    >
      {children}
    </div>
  );
}

function NoMatch({ q, all, label }: { q: string; all: number; label: string }) {
  return (
    <Empty title={`Nothing matches ${q}`}>
      <p>{count(all)} {label.toLowerCase()} are there without the filter.</p>
      <button type="button" class="button" onClick={() => go(withParams({ q: null }))}>
        Clear the filter
      </button>
    </Empty>
  );
}
