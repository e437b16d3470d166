import type { Span } from "../base/span.ts";
import { type Locale, render, type Text, verbatim } from "../base/text.ts";
import { roughSizeWords, sizeWords } from "../base/words.ts";
import { severities } from "../rules/frame/rule.ts";
import { rowsOf } from "./attention.ts";
import { escaped, type Say, sayIn, share } from "./html.ts";
import pageStyle from "./page.css";
import type { StorageGuest, StorageHost, StorageReport, StorageVolume } from "./storage.ts";
import { volumeRow } from "./volume-row.ts";
import { words } from "./words.ts";

export interface PageOptions {
  readonly locale: Locale;
  /** How a place in the configuration is named: `guests/web.nix:3:5`. */
  place(at: Span): string;
  /** For a page that an editor shows. */
  readonly editor?: EditorPage;
}

/** What an editor adds: its own colours, and a script that tells it where was clicked. */
export interface EditorPage {
  /** Allows the script, and nothing else, to run. */
  readonly nonce: string;
  readonly script: string;
  readonly style: string;
  /** What `data-target` of a link to a place holds; null when it cannot be opened. */
  target(at: Span): string | null;
}

/**
 * The storage overview as one page without scripts and without anything from the network. Every number that a bar shows
 * stands in words beside it.
 */
export function page(report: StorageReport, options: PageOptions): string {
  return new Page(report, options).text();
}

class Page {
  readonly #report: StorageReport;
  readonly #options: PageOptions;
  readonly #say: Say;

  constructor(report: StorageReport, options: PageOptions) {
    this.#report = report;
    this.#options = options;
    this.#say = sayIn(options.locale);
  }

  text(): string {
    const { hosts, elsewhere, status } = this.#report;
    const title = this.#say(words.title());
    const none = hosts.length === 0 && elsewhere.length === 0 ? `<p>${this.#say(words.noGuests())}</p>` : "";
    return `<!doctype html>
<html lang="${this.#options.locale === "en" ? "en" : "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${this.#scriptPolicy()}">
<title>${title}</title>
<style>${pageStyle}${this.#options.editor?.style ?? ""}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="quiet">${this.#say(words.lead())}</p>
${status.map((line) => `<p class="quiet">${escaped(line)}</p>`).join("\n")}
${this.#contents()}
${this.#legend()}
${this.#controls()}
</header>
<main>
${hosts.map((host, index) => this.#host(host, index)).join("\n")}
${elsewhere.length > 0 ? `<section id="elsewhere">\n<h2>${this.#say(words.elsewhere())}</h2>\n${this.#volumes(elsewhere, words.elsewhere())}\n</section>` : ""}
${none}
${this.#findings()}
</main>
${this.#script()}</body>
</html>
`;
  }

  #scriptPolicy(): string {
    const { editor } = this.#options;
    return editor ? `; script-src 'nonce-${escaped(editor.nonce)}'` : "";
  }

  #script(): string {
    const { editor } = this.#options;
    return editor ? `<script nonce="${escaped(editor.nonce)}">${editor.script}</script>\n` : "";
  }

  /** A link to a place in an editor; elsewhere just the words. `html` is escaped already. */
  #linked(html: string, at: Span | null): string {
    const target = at === null ? null : (this.#options.editor?.target(at) ?? null);
    return target === null ? html : `<a href="#" data-target="${escaped(target)}">${html}</a>`;
  }

  /** Each mark of a bar with its word, and once what all the words mean. */
  #legend(): string {
    const marks = [
      ["used", words.used()],
      ["free", words.toGiveBack()],
      ["disk", words.virtual()],
      ["declared", words.declaredOther()],
    ] as const;
    const items = marks.map(([mark, text]) => `<li><i class="${mark}"></i>${this.#say(text)}</li>`);
    const terms = [
      [words.declared(), words.aboutDeclared()],
      [words.virtual(), words.aboutVirtual()],
      [words.used(), words.aboutUsed()],
      [words.available(), words.aboutAvailable()],
      [words.allocated(), words.aboutAllocated()],
      [words.toGiveBack(), words.aboutToGiveBack()],
    ] as const;
    const meanings = terms.map(([term, about]) => `<dt>${this.#say(term)}</dt><dd>${this.#say(about)}</dd>`);
    return `<ul class="legend">\n${items.join("\n")}\n</ul>
<details class="words"><summary>${this.#say(words.meaning())}</summary><dl>${meanings.join("")}</dl></details>`;
  }

  /** Which rows are shown, and in which order: by the style alone, so that no script is needed. */
  #controls(): string {
    const group = (name: string, title: Text, choices: readonly (readonly [string, Text])[]) => {
      const inputs = choices.map(
        ([value, text], index) =>
          `<label><input type="radio" name="${name}" id="${name}-${value}"${index === 0 ? " checked" : ""}> ${this.#say(text)}</label>`,
      );
      return `<fieldset><legend>${this.#say(title)}</legend>${inputs.join("")}</fieldset>`;
    };
    const show = group("show", words.show(), [
      ["all", words.showAll()],
      ["urgent", words.showUrgent()],
      ["running", words.running()],
    ]);
    const sort = group("sort", words.sort(), [
      ["urgency", words.sortUrgency()],
      ["fullness", words.sortFullness()],
      ["name", words.sortName()],
    ]);
    return `<form class="controls">${show}${sort}</form>`;
  }

  /** Where what is: with hundreds of guests the findings are far below. */
  #contents(): string {
    const { hosts, elsewhere, findings } = this.#report;
    const { locale } = this.#options;
    const guests = ({ length }: readonly unknown[]) =>
      length === 1 ? words.guestOne() : words.guestMany({ count: length });
    const counted = severities.toReversed().flatMap((severity) => {
      const count = findings.filter((each) => each.severity === severity).length;
      return count === 0 ? [] : [render(words[`${severity}${count === 1 ? "One" : "Many"}`]({ count }), locale)];
    });
    const none = this.#report.status.length > 0 ? words.noFindingsAsFar() : words.noFindings();
    const list = counted.length === 0 ? render(none, locale) : counted.join(locale === "en" ? ", " : "、");
    const parts: readonly (readonly [string, Text])[] = [
      ["findings", verbatim(list)],
      ...hosts.map((host, index) => {
        const title = words.host({ name: host.name });
        return [`host-${index}`, words.contentsOf({ title, list: guests(host.guests) })] as const;
      }),
      ...(elsewhere.length === 0
        ? []
        : [["elsewhere", words.contentsOf({ title: words.elsewhere(), list: guests(elsewhere) })] as const]),
    ];
    const items = parts.map(([id, text]) => `<li><a href="#${id}">${this.#say(text)}</a></li>`);
    return `<nav aria-label="${this.#say(words.contents())}">\n<ul class="contents">\n${items.join("\n")}\n</ul>\n</nav>`;
  }

  #host(host: StorageHost, index: number): string {
    const { freeBytes, totalBytes, growthBytes } = host;
    const growth = roughSizeWords(growthBytes);
    const capacity =
      freeBytes === null || totalBytes === null
        ? words.growth({ growth })
        : words.capacity({ free: roughSizeWords(freeBytes), total: roughSizeWords(totalBytes), growth });
    const over = freeBytes !== null && growthBytes > freeBytes;
    const time = new Date(host.takenAtMs).toISOString().replace(/\.\d+Z$/, "Z");
    return `<section id="host-${index}">
<h2>${this.#say(words.host({ name: host.name }))}</h2>
<p class="quiet">${this.#say(words.taken({ stateDir: host.stateDir, time }))}</p>
${this.#hostBar(host)}
<p>${this.#say(capacity)}${over ? ` <strong class="warning">${this.#say(words.overcommitted())}</strong>` : ""}</p>
${host.guests.length > 0 ? this.#volumes(host.guests, words.host({ name: host.name })) : `<p>${this.#say(words.noGuests())}</p>`}
${this.#undeclared(host)}
</section>`;
  }

  /** What is in use, what the images may still take of what is left, and what then remains. */
  #hostBar({ freeBytes, totalBytes, growthBytes }: StorageHost): string {
    if (freeBytes === null || totalBytes === null) return "";
    const taken = totalBytes - freeBytes;
    const used = `<i class="used" style="width:${share(taken, totalBytes)}"></i>`;
    const growth = `<i class="growth" style="left:${share(taken, totalBytes)};width:${share(Math.min(growthBytes, freeBytes), totalBytes)}"></i>`;
    return `<div class="bar host" aria-hidden="true"><i class="disk" style="width:100%"></i>${used}${growth}</div>`;
  }

  #volumes(guests: readonly StorageGuest[], title: Text): string {
    const linked = (html: string, { at }: StorageVolume) => this.#linked(html, at);
    const rows = rowsOf(guests).map((row) => volumeRow(row, this.#say, linked));
    return `<ul class="volumes" aria-label="${this.#say(title)}">\n${rows.join("\n")}\n</ul>`;
  }

  #undeclared({ undeclared }: StorageHost): string {
    if (undeclared.length === 0) return "";
    const rows = undeclared.map(
      ({ path, bytes, allocatedBytes }) =>
        `<tr><td><code>${escaped(path)}</code></td>${number(bytes)}${number(allocatedBytes)}</tr>`,
    );
    return `<h3>${this.#say(words.undeclared())}</h3>
<div class="wide" tabindex="0" role="region" aria-label="${this.#say(words.undeclared())}"><table>
<thead><tr><th scope="col">${this.#say(words.path())}</th><th scope="col" class="number">${this.#say(words.size())}</th><th scope="col" class="number">${this.#say(words.allocated())}</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>`;
  }

  #findings(): string {
    const gravestFirst = severities.toReversed();
    const findings = gravestFirst.flatMap((severity) =>
      this.#report.findings.filter((each) => each.severity === severity),
    );
    const items = findings.map(({ severity, message, rule, at, notes, fixes }) => {
      const more = [...notes, ...fixes.map((fix) => `${render(words.fix(), this.#options.locale)}: ${fix}`)];
      return `<li><span class="severity ${severity}">${this.#say(words[severity]())}</span> ${escaped(message)}
<br>${this.#linked(`<code>${escaped(this.#options.place(at))}</code>`, at)} <span class="quiet">${escaped(rule)}</span>
${more.map((line) => `<br><span class="quiet">${escaped(line)}</span>`).join("\n")}</li>`;
    });
    const list =
      items.length > 0
        ? `<ul class="findings">\n${items.join("\n")}\n</ul>`
        : `<p>${this.#say(this.#report.status.length > 0 ? words.noFindingsAsFar() : words.noFindings())}</p>`;
    return `<section id="findings">\n<h2>${this.#say(words.findings())}</h2>\n${list}\n</section>`;
  }
}

function number(bytes: number | null, more = ""): string {
  if (bytes === null) return '<td class="number quiet">–</td>';
  const exact = sizeWords(bytes);
  return `<td class="number"><span title="${exact}">${roughSizeWords(bytes)}</span>${more}</td>`;
}
