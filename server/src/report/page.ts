import { printable } from "../base/printable.ts";
import type { Span } from "../base/span.ts";
import { type Locale, render, type Text } from "../base/text.ts";
import { roughSizeWords, sizeWords } from "../base/words.ts";
import { muchToGiveBack } from "../disk/usage.ts";
import { outcomeWords } from "../forecast/outcome-words.ts";
import { severities } from "../rules/rule.ts";
import { pageStyle } from "./page-style.ts";
import type { StorageGuest, StorageHost, StorageReport, StorageVolume } from "./storage.ts";
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
 * stands in the table beside it.
 */
export function page(report: StorageReport, options: PageOptions): string {
  return new Page(report, options).text();
}

class Page {
  readonly #report: StorageReport;
  readonly #options: PageOptions;
  /** Bytes at the end of every bar. */
  readonly #scale: number;

  constructor(report: StorageReport, options: PageOptions) {
    this.#report = report;
    this.#options = options;
    this.#scale = Math.max(
      1,
      ...allVolumes(report).flatMap((each) => [each.declaredBytes ?? 0, each.virtualBytes ?? 0]),
    );
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
<p class="quiet">${this.#say(words.lead({ scale: roughSizeWords(this.#scale) }))}</p>
${status.map((line) => `<p class="quiet">${escaped(line)}</p>`).join("\n")}
${this.#contents()}
${this.#legend()}
</header>
<main>
${hosts.map((host, index) => this.#host(host, index)).join("\n")}
${elsewhere.length > 0 ? `<section id="elsewhere">\n<h2>${this.#say(words.elsewhere())}</h2>\n${this.#table(elsewhere, words.elsewhere())}\n</section>` : ""}
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

  #legend(): string {
    const layers = ["declared", "virtual", "filesystem", "allocated", "used"] as const;
    const items = layers.map((layer) => `<li><span class="${layer}"></span>${this.#say(words[layer]())}</li>`);
    return `<ul class="legend">\n${items.join("\n")}\n</ul>`;
  }

  /** Where what is: with hundreds of guests the findings are far below. */
  #contents(): string {
    const { hosts, elsewhere, findings } = this.#report;
    const { locale } = this.#options;
    const guests = ({ length }: readonly unknown[]) =>
      length === 1 ? words.guestOne() : words.guestMany({ count: length });
    const counted = severities.toReversed().flatMap((severity) => {
      const count = findings.filter((each) => each.severity === severity).length;
      return count === 0 ? [] : [`${render(words[severity](), locale)} ${count}`];
    });
    const none = this.#report.status.length > 0 ? words.noFindingsAsFar() : words.noFindings();
    const list = counted.length === 0 ? render(none, locale) : counted.join(", ");
    const parts: readonly (readonly [string, Text])[] = [
      ["findings", words.contentsOf({ title: words.findings(), list })],
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
<p>${this.#say(capacity)}${over ? ` <strong class="warning">${this.#say(words.overcommitted())}</strong>` : ""}</p>
${host.guests.length > 0 ? this.#table(host.guests, words.host({ name: host.name })) : `<p>${this.#say(words.noGuests())}</p>`}
${this.#undeclared(host)}
</section>`;
  }

  #table(guests: readonly StorageGuest[], caption: Text): string {
    const heads = [words.guest(), words.volume(), words.sizes()].map(
      (text) => `<th scope="col">${this.#say(text)}</th>`,
    );
    const numbers = [words.declared(), words.virtual(), words.filesystem(), words.allocated(), words.used()].map(
      (text) => `<th scope="col" class="number">${this.#say(text)}</th>`,
    );
    const last = [words.nextStart(), words.finding()].map((text) => `<th scope="col">${this.#say(text)}</th>`);
    return `<div class="wide" tabindex="0" role="region" aria-label="${this.#say(caption)}"><table>
<thead><tr>${[...heads, ...numbers, ...last].join("")}</tr></thead>
${guests.map((guest) => this.#guest(guest)).join("\n")}
</table></div>`;
  }

  #guest(guest: StorageGuest): string {
    const notes = [...(guest.running === true ? [words.running()] : []), ...(guest.complete ? [] : [words.more()])].map(
      (text) => `<br><span class="quiet">${this.#say(text)}</span>`,
    );
    const rows = Math.max(1, guest.volumes.length);
    const head = `<th scope="rowgroup" rowspan="${rows}">${escaped(guest.name)}${notes.join("")}</th>`;
    if (guest.volumes.length === 0) return `<tbody><tr>${head}<td colspan="9" class="quiet">–</td></tr></tbody>`;
    const lines = guest.volumes.map((volume, index) => `<tr>${index === 0 ? head : ""}${this.#volume(volume)}</tr>`);
    return `<tbody>\n${lines.join("\n")}\n</tbody>`;
  }

  #volume(volume: StorageVolume): string {
    const states = { absent: words.absent(), unreadable: words.unreadable(), "not looked at": words.notLookedAt() };
    const state = volume.state === "seen" ? "" : `<br><span class="quiet">${this.#say(states[volume.state])}</span>`;
    const mount = volume.mountPoint === null ? "" : `<br><span class="quiet">${escaped(volume.mountPoint)}</span>`;
    const title = volume.path === null ? "" : ` title="${escaped(volume.path)}"`;
    const notes = [
      ...(volume.asOf === "commit" ? [words.commit()] : volume.asOf === "hint" ? [words.oldCount()] : []),
      ...(volume.reclaimableBytes !== null && volume.reclaimableBytes >= muchToGiveBack
        ? [words.giveBack({ bytes: roughSizeWords(volume.reclaimableBytes) })]
        : []),
    ].map((note) => `<br>${this.#say(note)}`);
    const filesystem = volume.filesystem === null ? "" : `<br>${escaped(volume.filesystem)}`;
    const worst =
      volume.worst === null ? "" : `<span class="severity ${volume.worst}">${this.#say(words[volume.worst]())}</span>`;
    return [
      `<td>${this.#linked(`<code${title}>${escaped(volume.image)}</code>`, volume.at)}${mount}${state}</td>`,
      `<td>${this.#bar(volume)}</td>`,
      number(volume.declaredBytes),
      number(volume.virtualBytes),
      number(volume.filesystemBytes, `<span class="quiet">${filesystem}</span>`),
      number(volume.allocatedBytes),
      number(volume.usedBytes, `<span class="quiet">${notes.join("")}</span>`),
      `<td>${volume.outcome === null ? "–" : this.#say(outcomeWords[volume.outcome]())}</td>`,
      `<td>${worst}</td>`,
    ].join("");
  }

  #bar(volume: StorageVolume): string {
    const layers: readonly (readonly [string, number | null])[] = [
      ["virtual", volume.virtualBytes],
      ["filesystem", volume.filesystemBytes],
      ["allocated", volume.allocatedBytes],
      ["used", volume.usedBytes],
      ["declared", volume.declaredBytes],
    ];
    const parts = layers.flatMap(([layer, bytes]) =>
      bytes === null
        ? []
        : [
            `<i class="${layer}" style="width:${((100 * Math.min(bytes, this.#scale)) / this.#scale).toFixed(2)}%"></i>`,
          ],
    );
    // What it shows is told by the numbers beside it.
    return `<div class="bar" aria-hidden="true">${parts.join("")}</div>`;
  }

  #undeclared({ undeclared }: StorageHost): string {
    if (undeclared.length === 0) return "";
    const rows = undeclared.map(
      ({ path, bytes, allocatedBytes }) =>
        `<tr><td><code>${escaped(path)}</code></td>${number(bytes)}${number(allocatedBytes)}</tr>`,
    );
    return `<h3>${this.#say(words.undeclared())}</h3>
<div class="wide"><table>
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

  #say(text: Text): string {
    return escaped(render(text, this.#options.locale));
  }
}

function number(bytes: number | null, more = ""): string {
  if (bytes === null) return '<td class="number quiet">–</td>';
  const exact = sizeWords(bytes);
  return `<td class="number"><span title="${exact}">${roughSizeWords(bytes)}</span>${more}</td>`;
}

function allVolumes({ hosts, elsewhere }: StorageReport): readonly StorageVolume[] {
  return [...hosts.flatMap(({ guests }) => guests), ...elsewhere].flatMap(({ volumes }) => volumes);
}

/** Text from anywhere, fit for HTML content and quoted attributes. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
