import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { root } from "./package.ts";

/** How long a step may take before the test fails; steps end as soon as what they wait for is there. */
const patience = 60_000;

const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--force-color-profile=srgb",
  // Newer editors are served with a changed page in some tests, which Chromium would not let speak to this machine.
  "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,LocalNetworkAccessForWebSockets",
];

/** Where Chromium is on this machine; `MICROVM_LENS_CHROMIUM` overrides. */
export function chromiumPath(): string {
  return process.env["MICROVM_LENS_CHROMIUM"] ?? "/usr/bin/chromium";
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const pageSettings = /(id="vscode-workbench-web-configuration" data-settings=")([^"]*)"/;

/** Runs in the page, which has other types than this program: where the first occurrence of a word is drawn. */
const boxOfWord = new Function(
  "element",
  "wanted",
  `const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.textContent.indexOf(wanted);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + wanted.length);
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x, y, width, height };
  }
  return null;`,
) as (element: unknown, wanted: string) => Box | null;

/** The colour of the innermost element that holds a word. */
const colourOfWord = new Function(
  "element",
  "wanted",
  `const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.textContent.includes(wanted)) return getComputedStyle(node.parentElement).color;
  }
  return "";`,
) as (element: unknown, wanted: string) => string;

const watchScript = `window.interruptions = [];
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      const found = node.querySelector?.(".notification-toast, .monaco-dialog-box") ?? null;
      if (found || node.matches?.(".notification-toast, .monaco-dialog-box")) window.interruptions.push(node.textContent);
    }
  }
}).observe(document.body, { childList: true, subtree: true });`;

/** One browser window with the workbench in it, driven as a user would. */
export class Window {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #port: number;

  private constructor(browser: Browser, page: Page, port: number) {
    this.#browser = browser;
    this.page = page;
    this.#port = port;
    page.setDefaultTimeout(patience);
  }

  static async open(port: number, locale = "en-US", scale = 1): Promise<Window> {
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
    // What a user gets who zooms the page: everything is larger, and there is less room.
    const viewport = { width: Math.round(1200 / scale), height: Math.round(720 / scale) };
    const context = await browser.newContext({ viewport, locale, deviceScaleFactor: scale });
    return new Window(browser, await context.newPage(), port);
  }

  /** Shows a folder, with a file of it open, and waits for the workbench. */
  async show(folder: string, file?: string): Promise<void> {
    await this.page.goto(this.url(folder, file), { waitUntil: "commit" });
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    if (file !== undefined) await this.page.locator(".monaco-editor .view-lines").first().waitFor();
  }

  /** Shows a workspace of several folders. */
  async showWorkspace(workspace: string, file: string): Promise<void> {
    await this.page.goto(this.url(workspace, file, "workspace"), { waitUntil: "commit" });
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    await this.page.locator(".monaco-editor .view-lines").first().waitFor();
  }

  url(folder: string, file?: string, kind: "folder" | "workspace" = "folder"): string {
    const address = `http://127.0.0.1:${this.#port}/?${kind}=${encodeURIComponent(folder)}`;
    if (file === undefined) return address;
    const payload = [["openFile", `vscode-remote://127.0.0.1:${this.#port}${file}`]];
    return `${address}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
  }

  /**
   * Starts a test module in the extension host, with an extension that is not installed. Editors of today take these
   * options only from the page that the server sends, so the page is changed on its way.
   */
  async runInHost(folder: string, extension: string, tests: string): Promise<void> {
    const authority = `127.0.0.1:${this.#port}`;
    const place = (path: string) => ({ scheme: "vscode-remote", authority, path });
    await this.page.route(
      (url) => url.pathname === "/" && url.searchParams.has("folder"),
      async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace(pageSettings, (_, before: string, attribute: string) => {
          const settings = JSON.parse(attribute.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
          const options = { extensions: [place(extension)], extensionTestsPath: place(tests) };
          settings.developmentOptions = { ...settings.developmentOptions, ...options };
          return `${before}${JSON.stringify(settings).replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;
        });
        await route.fulfill({ response, body });
      },
    );
    await this.page.goto(this.url(folder), { waitUntil: "commit" });
  }

  line(text: string): Locator {
    return this.page.locator(".monaco-editor .view-line", { hasText: text }).first();
  }

  squiggles(kind: "error" | "warning" | "info" | "hint" = "warning"): Locator {
    return this.page.locator(`.monaco-editor .squiggly-${kind}`);
  }

  /** Points at a word in the line that holds `text`, and returns what the hover says. */
  async hover(text: string, word: string): Promise<string> {
    const hover = this.page.locator(".monaco-resizable-hover:visible, .monaco-hover:not(.hidden):visible").first();
    // A line that is drawn anew under the mouse takes the hover away, and only a movement brings it back.
    for (let attempt = 1; ; attempt++) {
      const box = await this.#boxOf(text, word);
      await this.page.mouse.move(box.x + box.width / 2, box.y + 3 * box.height);
      await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      const shown = await hover.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
      if (shown) break;
      if (attempt === 10) throw new Error(`no hover over "${word}" in "${text}"`);
    }
    await this.#settled(hover);
    return (await hover.allInnerTexts()).join("\n");
  }

  /** The colour in which a word of a line is drawn. */
  async colour(text: string, word: string): Promise<string> {
    const line = this.line(text);
    await line.waitFor();
    return line.evaluate(colourOfWord, word);
  }

  /** How far from the top of the page a line is drawn. */
  async top(text: string): Promise<number> {
    const box = await this.line(text).boundingBox();
    return Math.round(box?.y ?? -1);
  }

  /** From now on takes note of every notification and dialog; the answer tells their words. */
  async watchInterruptions(): Promise<() => Promise<string[]>> {
    await this.page.evaluate(watchScript);
    return () => this.page.evaluate<string[]>("window.interruptions");
  }

  /** Puts the cursor on a word of a line. */
  async click(text: string, word: string): Promise<void> {
    const box = await this.#boxOf(text, word);
    await this.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await this.page.locator(".monaco-editor.focused").first().waitFor();
  }

  /** Opens the list of fixes at the cursor and returns their titles. */
  async fixes(): Promise<string[]> {
    const rows = this.page.locator(".action-widget .monaco-list-row");
    // A cursor that has just been set closes the list again while the editor settles.
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press("Control+.");
      const opened = await rows
        .first()
        .waitFor({ timeout: 10_000 })
        .then(
          () => true,
          () => false,
        );
      if (opened) break;
      if (attempt === 5) throw new Error("the list of fixes does not open");
      await this.page.keyboard.press("Escape");
    }
    await this.#settled(this.page.locator(".action-widget").first());
    return (await rows.allInnerTexts()).map((title) => title.replace(/\s+/g, " ").trim());
  }

  /** Takes a fix of the list that is open: by keyboard, because an invisible layer keeps the mouse away. */
  async takeFix(title: RegExp): Promise<void> {
    const focused = this.page.locator(".action-widget .monaco-list-row.focused");
    for (let step = 0; step < 40; step++) {
      const text = ((await focused.count()) > 0 ? ((await focused.first().textContent()) ?? "") : "").replace(
        /\s+/g,
        " ",
      );
      if (title.test(text)) {
        await this.page.keyboard.press("Enter");
        await this.page.locator(".action-widget").first().waitFor({ state: "hidden" });
        return;
      }
      await this.page.keyboard.press("ArrowDown");
    }
    throw new Error(`no fix matches ${title}`);
  }

  async save(): Promise<void> {
    await this.pressUntil("Control+S", this.page.locator(".tab.active:not(.dirty)"));
  }

  /**
   * Presses a key until what it brings is there. A key that is pressed before the editor has read its key bindings, or
   * while the focus is on its way, is lost; so this is only for keys that may be pressed twice.
   */
  async pressUntil(key: string, wanted: Locator): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press(key);
      const there = await wanted
        .first()
        .waitFor({ timeout: patience / 6 })
        .then(() => true)
        .catch(() => false);
      if (there) return;
      if (attempt === 6) throw new Error(`${key} was pressed ${attempt} times in vain`);
    }
  }

  /** Opens a file of the folder by its name. */
  async quickOpen(name: string): Promise<void> {
    await this.pressUntil("Control+P", this.page.locator(".quick-input-widget input.input:focus"));
    await this.page.keyboard.type(name);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: name }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** Takes the proposal that is chosen in the list of proposals, once it is the one that is wanted. */
  async takeProposal(label: string): Promise<void> {
    await this.page.locator(".suggest-widget .monaco-list-row.focused", { hasText: label }).first().waitFor();
    await this.page.keyboard.press("Tab");
  }

  /** Answers the question whether the folder is trusted. */
  async trust(answer: RegExp = /Yes, I trust/): Promise<void> {
    const dialog = this.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await dialog.getByRole("button", { name: answer }).click();
    await dialog.waitFor({ state: "hidden" });
  }

  /** Saves every open file; the key is bound to the command in the settings of the tests. */
  async saveAll(): Promise<void> {
    await this.pressUntil("Control+Alt+F9", this.page.locator(".tabs-container:not(:has(.tab.dirty))"));
  }

  /** Runs a command by its title; titles that the palette could mistake for others should be bound to keys instead. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.page.locator(".quick-input-widget input.input").waitFor();
    await this.page.keyboard.type(title);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** Keeps a picture in the tree, only when they are being made anew (MICROVM_LENS_PICTURES=1): tests leave the tree clean. */
  async picture(name: string, clip?: Box, folder = "docs/images"): Promise<void> {
    if (!process.env["MICROVM_LENS_PICTURES"]) return;
    const file = join(root, folder, `${name}.png`);
    writeFileSync(file, await this.page.screenshot(clip ? { clip } : {}));
    // A third of the size, where the program is there.
    spawnSync("pngquant", ["--force", "--ext", ".png", "--skip-if-larger", "--speed", "1", file]);
  }

  /** Keeps a picture of what some elements take together: whole, with a margin, and nothing else. */
  async pictureOf(name: string, folder: string, ...elements: readonly Locator[]): Promise<void> {
    const boxes = (await Promise.all(elements.map((each) => each.boundingBox()))).filter((box) => box !== null);
    const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))];
    const right = Math.max(...boxes.map(({ x, width }) => x + width));
    const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
    const margin = 12;
    const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
    const size = this.page.viewportSize() ?? { width: right, height: bottom };
    const width = Math.min(size.width, right + margin) - x;
    await this.picture(name, { x, y, width, height: Math.min(size.height, bottom + margin) - y }, folder);
  }

  /** Drags the border between side bar and editor to another place, in pixels from the left. */
  async widenSidebar(to: number): Promise<void> {
    const box = await this.page.locator(".part.sidebar").boundingBox();
    if (!box) throw new Error("there is no side bar");
    const y = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width, y);
    await this.page.mouse.down();
    await this.page.mouse.move(to, y, { steps: 5 });
    await this.page.mouse.up();
    // Away from it: a border under the mouse is drawn in another colour.
    await this.page.mouse.move(to + 200, y);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  /**
   * Where a word of a line is drawn. A line that is drawn anew while it is looked at (a squiggle comes, a hint goes) has
   * no place for a moment, so the same answer is wanted twice.
   */
  async #boxOf(text: string, word: string): Promise<Box> {
    const line = this.line(text);
    const end = Date.now() + patience;
    for (let before = ""; ; ) {
      await line.waitFor();
      const box = await line.evaluate(boxOfWord, word).catch(() => null);
      const now = JSON.stringify(box);
      if (box && box.width > 0 && now === before) return box;
      if (Date.now() > end) throw new Error(`"${word}" is not drawn in a line with "${text}"`);
      before = now;
      await this.#nextFrame();
    }
  }

  async #nextFrame(): Promise<void> {
    await this.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))");
  }

  /** Waits until an element keeps its place and words for a few frames: pop-ups fill in steps. */
  async #settled(element: Locator): Promise<void> {
    let before = "";
    for (let same = 0; same < 3; ) {
      const now = JSON.stringify([await element.boundingBox(), await element.textContent().catch(() => "")]);
      same = now === before ? same + 1 : 0;
      before = now;
      await this.#nextFrame();
    }
  }
}

/** Playwright's spelling of a key binding. */
export function keys({ key }: { key: string }): string {
  return key
    .split("+")
    .map((part) => (part === "ctrl" ? "Control" : part[0]?.toUpperCase() + part.slice(1)))
    .join("+");
}
