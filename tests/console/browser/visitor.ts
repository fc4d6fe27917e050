/** Somebody at the console: a real Chromium, its pages watched for errors and for requests to anywhere else. */
import assert from "node:assert/strict";
import axe from "axe-core";
import type { BrowserContext, Page } from "playwright-core";
import { PATIENCE_MS } from "../../peer/deadline.ts";
import type { Chromium } from "./chromium.ts";

/** Where pictures of every screen go; git ignores it. */
const PICTURES = new URL("../../../.pictures/", import.meta.url).pathname;

/** A page is drawn by three processes that a loaded machine may keep waiting, one after the other. */
const LIMIT_MS = 2 * PATIENCE_MS;

export type Theme = "light" | "dark";

export interface VisitOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** 2: as at 200 % zoom. */
  readonly zoom?: number;
  readonly reducedMotion?: boolean;
}

export class Visitor implements AsyncDisposable {
  /** What the page complained of. */
  readonly complaints: string[] = [];
  /** Origins that were asked. */
  readonly origins = new Set<string>();

  private constructor(
    readonly chromium: Chromium,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly origin: string,
    readonly theme: Theme,
  ) {}

  /** Logs in with a token, as a page would. Null: stays outside. */
  static async open(
    chromium: Chromium,
    origin: string,
    token: string | null,
    { theme = "light", width = 1440, height = 900, zoom = 1, reducedMotion = true }: VisitOptions = {},
  ): Promise<Visitor> {
    const context = await chromium.browser.newContext({
      viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
      deviceScaleFactor: zoom,
      colorScheme: theme,
      reducedMotion: reducedMotion ? "reduce" : "no-preference",
    });
    context.setDefaultTimeout(LIMIT_MS);
    const page = await context.newPage();
    const visitor = new Visitor(chromium, context, page, origin, theme);
    visitor.#watch();
    if (token !== null) {
      const answer = await context.request.post(`${origin}/api/v1/session`, { data: { token } });
      assert.equal(answer.status(), 201, await answer.text());
    }
    return visitor;
  }

  #watch(): void {
    this.page.on("pageerror", (error) => this.complaints.push(`${error.stack ?? error}`));
    this.page.on("console", (message) => {
      // An answer that is an error is told by the browser too; the page's own words are what counts.
      if (
        message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text())
      ) {
        this.complaints.push(message.text());
      }
    });
    this.context.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url())) this.origins.add(new URL(request.url()).origin);
    });
  }

  async go(path: string): Promise<Page> {
    await this.page.goto(this.origin + path);
    return this.page;
  }

  /** The text of the first element, without what is only heard. */
  text(selector: string): Promise<string> {
    return this.page.locator(selector).first().innerText();
  }

  /** Waits until a condition in the page holds. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const limit = Date.now() + LIMIT_MS;
    while (!await holds()) {
      assert(Date.now() < limit, `waited in vain: ${what}`);
      await this.page.waitForTimeout(50); // the page's own time: there is no event for "drawn"
    }
  }

  /** Waits until what was asked for is drawn: nothing in the page says "loading" any more. */
  async settled(): Promise<void> {
    await this.page.locator("main > *").first().waitFor();
    const drawn =
      "!document.querySelector('.skeleton, .dimmed') && !!document.querySelector('[data-link=live], [data-link=polling]')";
    await this.until("the page is drawn", () => this.page.evaluate<boolean>(drawn));
  }

  /** Violations of WCAG 2.2 AA on what is shown. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      })
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 4).map((node) =>
        `${id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1]?.trim()}`
      )
    );
  }

  /** In both themes, whichever it is seen in otherwise. */
  async pictures(name: string): Promise<void> {
    // Its own one last, and so it stays.
    for (const theme of this.theme === "dark" ? ["light", "dark"] as const : ["dark", "light"] as const) {
      await this.page.emulateMedia({ colorScheme: theme });
      await this.page.locator(`html[data-theme=${theme}]`).waitFor({ state: "attached" });
      await this.picture(`${name}-${theme}`);
    }
  }

  async picture(name: string): Promise<void> {
    await Deno.mkdir(PICTURES, { recursive: true });
    await this.page.screenshot({ path: `${PICTURES}${name}.png` });
  }

  /** Nothing went wrong, and nobody else was asked. */
  assertQuiet(): void {
    assert.deepEqual(this.complaints, []);
    assert.deepEqual([...this.origins].filter((origin) => origin !== this.origin), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.chromium.assertAlive();
    await this.context.close();
  }
}
