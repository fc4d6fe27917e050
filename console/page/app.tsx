/** The frame around every page: header, navigation, the state of the link to the server. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { brief, count, plain, span } from "./format.ts";
import { Help } from "./help.tsx";
import { onKeys } from "./keys.ts";
import { go, path, segments } from "./location.ts";
import { overview, refreshOverview, sampling, totals } from "./overview.ts";
import { Palette } from "./palette.tsx";
import { Announcer } from "./parts/announce.tsx";
import { now, type Tone } from "./parts/basics.tsx";
import { Icon, Logo } from "./parts/icons.tsx";
import { Mishaps } from "./parts/mishaps.tsx";
import { Part } from "./parts/part.tsx";
import { CheckPage } from "./pages/check.tsx";
import { ConnectionPage } from "./pages/connection.tsx";
import { ConnectionsPage } from "./pages/connections.tsx";
import { FailuresPage } from "./pages/failures.tsx";
import { LogPage } from "./pages/log.tsx";
import { LogInPage } from "./pages/login.tsx";
import { MachinePage, MachinesPage } from "./pages/machines.tsx";
import { NotFoundPage } from "./pages/not_found.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { ProofsPage } from "./pages/proofs.tsx";
import { RoutePage } from "./pages/route.tsx";
import { RoutesPage } from "./pages/routes.tsx";
import { TracePage } from "./pages/trace.tsx";
import { WhyPage } from "./pages/why.tsx";
import { sectionOf, SECTIONS } from "./sections.ts";
import { allowed, heardAt, link, session } from "./socket.ts";
import { isDark, theme, toggleTheme } from "./theme.ts";

export function App() {
  const [sheet, setSheet] = useState<"help" | "palette" | null>(null);
  useEffect(() =>
    onKeys({
      "?": () => setSheet("help"),
      "Ctrl K": () => setSheet("palette"),
      ...Object.fromEntries(SECTIONS.map(({ key, href }) => [`g ${key}`, () => go(href)])),
    }), []);
  useEffect(() => {
    document.title = `${[...segments().slice(1), sectionOf(path.value).title].join(" · ")} · Verona`;
  }, [path.value]);
  if (path.value === "/login" || allowed.value === false) return <LogInPage />;
  return (
    <>
      <a
        class="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        To the content
      </a>
      <Part what="the head of the page" at={path.value} instead={null}>
        <Header onSearch={() => setSheet("palette")} onHelp={() => setSheet("help")} />
      </Part>
      <div class={isNarrow() ? "frame narrow" : "frame"}>
        <Navigation />
        <main id="main" tabIndex={-1}>
          <LinkLost />
          {allowed.value !== null || link.value === "lost"
            ? (
              <Part what="this page" heads at={path.value} renew={refreshOverview}>
                <Page />
              </Part>
            )
            : null}
        </main>
      </div>
      <Part what="this sheet" at={`${sheet}`} instead={null}>
        {sheet === "help" && <Help onClose={() => setSheet(null)} />}
        {sheet === "palette" && <Palette onClose={() => setSheet(null)} onHelp={() => setSheet("help")} />}
      </Part>
      <Announcer />
      <Mishaps />
    </>
  );
}

/** Pages with a picture on them need the width. */
const isNarrow = (): boolean => /^\/((connections|routes|machines|failures)\/.|trace)/.test(path.value);

function Page() {
  const [section, first, second] = segments();
  if (section === undefined) return <OverviewPage />;
  const pages: Readonly<Record<string, () => ComponentChildren>> = {
    connections: () => first === undefined ? <ConnectionsPage /> : <ConnectionPage key={first} id={first} />,
    routes: () =>
      second === undefined
        ? <RoutesPage />
        : <RoutePage key={`${first} ${second}`} local={first!} remote={second} />,
    proofs: () => <ProofsPage />,
    failures: () => first === undefined ? <FailuresPage /> : <WhyPage key={first} id={first} />,
    check: () => <CheckPage />,
    machines: () => first === undefined ? <MachinesPage /> : <MachinePage key={first} id={first} />,
    log: () => <LogPage />,
    trace: () => <TracePage />,
  };
  return <>{pages[section]?.() ?? <NotFoundPage />}</>;
}

function Header({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const section = sectionOf(path.value), inside = segments().slice(1);
  return (
    <header class="top">
      <a class="brand" href="/">
        <Logo />
        <span>Verona</span>
      </a>
      <nav class="crumbs" aria-label="Breadcrumb">
        {inside.length === 0 ? <span aria-current="page">{section.title}</span> : (
          <>
            <a href={section.href}>{section.title}</a>
            <span aria-hidden="true">/</span>
            <span class="here" aria-current="page">{plain(inside.join(" → "))}</span>
          </>
        )}
      </nav>
      <span class="spring" />
      <Part what="sampling" instead={null}>
        <Sampling />
      </Part>
      <LinkPill />
      <button type="button" class="button" onClick={onSearch}>
        Search <kbd>Ctrl K</kbd>
      </button>
      <button type="button" class="button square" onClick={onHelp} aria-label="Keyboard help">?</button>
      <button
        type="button"
        class="button square"
        onClick={toggleTheme}
        aria-label={isDark() ? "Light theme" : "Dark theme"}
        data-theme-button={theme.value}
      >
        <Icon name={isDark() ? "moon" : "sun"} />
      </button>
    </header>
  );
}

function Sampling() {
  return sampling.value > 1 ? <span class="pill warn">sampling 1 in {sampling.value}</span> : null;
}

const LINKS: Readonly<Record<typeof link.value, readonly [Tone, string]>> = {
  connecting: ["busy", "connecting…"],
  live: ["good", "live"],
  polling: ["warn", "live, by polling"],
  lost: ["bad", "reconnecting…"],
};

function LinkPill() {
  const [tone, text] = LINKS[link.value];
  return <span class={`pill ${tone}`} data-link={link.value} role="status">{text}</span>;
}

function LinkLost() {
  if (link.value !== "lost") return null;
  const since = heardAt.value === null ? null : now.value - heardAt.value;
  return (
    <p class="banner bad" role="alert">
      reconnecting…{" "}
      {since === null ? "The server does not answer." : `What you see is ${span(Math.max(since, 1000))} old.`}
    </p>
  );
}

function Navigation() {
  const here = sectionOf(path.value);
  return (
    <nav class="side" aria-label="Sections">
      <ul>
        {SECTIONS.map(({ id, href, title, icon }) => (
          <li key={id}>
            <a
              href={href}
              {...(here.id === id ? { "aria-current": "page" } : {})}
              title={title}
            >
              <Icon name={icon} />
              <span class="nav-title">{title}</span>
              <Part what="the counts beside the sections" at={path.value} instead={null}>
                <Total of={id} />
              </Part>
            </a>
          </li>
        ))}
      </ul>
      <p class="foot">
        v{session.value?.version ?? "?"}
        <Part what="the time since the start" instead={null}>
          <Up />
        </Part>
        <br />
        {location.host} · {session.value?.role ?? "no session"}
        <br />
        <a href={`/api/v1${here.api}`} target="_blank" rel="noreferrer">this page as JSON</a>
        {" · "}
        <a href="/licenses" target="_blank" rel="noreferrer">licences</a>
      </p>
    </nav>
  );
}

function Total({ of }: { of: string }) {
  const total = totals.value[of];
  return total === undefined ? null : <span class="nav-count" title={count(total)}>{brief(total)}</span>;
}

function Up() {
  return overview.value && <>{" "}· up {span(now.value - Date.parse(overview.value.startedAt))}</>;
}
