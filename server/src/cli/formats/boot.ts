import { printable } from "../../base/printable.ts";
import { type Locale, messages, render, type Text } from "../../base/text.ts";
import type { Break, Explanation } from "../../boot-log/blame.ts";
import { eventWords } from "../../boot-log/words.ts";
import { linkWords } from "../../forecast/chain.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { style } from "./style.ts";

interface View {
  readonly locale: Locale;
  readonly colour: boolean;
}

const text = messages("explain-boot", {
  broke: {
    en: "{guest}: the chain broke at the {link} of {volume}",
    "zh-cn": "{guest}：链条在 {volume} 的{link}处断开",
  },
  brokeOptional: {
    en: "{guest}: the chain broke at the {link} of {volume}; the boot goes on without it (`nofail`)",
    "zh-cn": "{guest}：链条在 {volume} 的{link}处断开；启动会在没有它的情况下继续（`nofail`）",
  },
  whichever: { en: "a volume that the log does not name", "zh-cn": "日志未指明的某个卷" },
  shows: { en: "it shows at the {link}", "zh-cn": "表现在{link}处" },
  line: { en: "line {line}", "zh-cn": "第 {line} 行" },
  others: {
    en: "{guest}: what failed belongs to no volume (the store disk or a share): {others}",
    "zh-cn": "{guest}：失败的部分不属于任何卷（store 磁盘或共享）：{others}",
  },
  up: { en: "{guest}: by this log the guest came up", "zh-cn": "{guest}：从日志看，虚拟机已启动" },
  silent: {
    en: "{guest}: the log does not tell which link broke",
    "zh-cn": "{guest}：日志没有说明是哪一环断开",
  },
});

/** The explanation for people. */
export function bootText(guest: Guest, { breaks, others, up }: Explanation, { locale, colour }: View): string {
  const paint = style(colour);
  const name = printable(guest.name);
  const lines = breaks.flatMap((each) => {
    const link = render(linkWords[each.link](), locale);
    const say = each.optional ? text.brokeOptional : text.broke;
    const shows = each.shows === each.link ? [] : [text.shows({ link: linkWords[each.shows]() })];
    return [
      paint.bold(render(say({ guest: name, link, volume: volumeWords(each.volume) }), locale)),
      ...[eventWords(each.by.event), ...shows].flatMap((words) =>
        words === null ? [] : [`  ${render(words, locale)}`],
      ),
      paint.dim(`  ${render(text.line({ line: each.by.line.number }), locale)}: ${printable(each.by.line.text)}`),
    ];
  });
  if (breaks.length === 0) {
    if (others.length > 0)
      lines.push(render(text.others({ guest: name, others: others.map(printable).join(", ") }), locale));
    else lines.push(render(up ? text.up({ guest: name }) : text.silent({ guest: name }), locale));
  }
  return `${lines.join("\n")}\n`;
}

function volumeWords(volume: Volume | null): Text | string {
  if (volume === null) return text.whichever();
  return printable(known(volume.image) ?? known(volume.mountPoint) ?? "?");
}

/** The explanation for tools: docs/schemas/explain-boot.schema.json. */
export function bootJson(guest: Guest, { breaks, others, up }: Explanation, { locale }: View): string {
  const document = {
    schema: 1,
    guest: guest.name,
    link: breaks[0]?.link ?? null,
    breaks: breaks.map((each) => breakObject(each, locale)),
    others,
    up,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function breakObject({ volume, link, shows, by, optional }: Break, locale: Locale) {
  const words = eventWords(by.event);
  return {
    image: volume === null ? null : (known(volume.image) ?? null),
    mountPoint: volume === null ? null : (known(volume.mountPoint) ?? null),
    link,
    shows,
    optional,
    reason: words === null ? "" : render(words, locale),
    line: by.line.number,
    text: printable(by.line.text),
  };
}
