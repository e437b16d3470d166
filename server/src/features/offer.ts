import { messages, render } from "../base/text.ts";
import { unseenHosts } from "../engine/engine.ts";
import type { Guest } from "../microvm/model.ts";
import { plain } from "./session/markdown.ts";
import { extensionCommands } from "./session/protocol.ts";
import type { Question } from "./session/session.ts";

const text = messages("offer", {
  host: { en: "Add host {host}…", "zh-cn": "添加主机 {host}…" },
  anyHost: { en: "Add a host…", "zh-cn": "添加主机…" },
  snapshot: { en: "Use a snapshot…", "zh-cn": "使用快照…" },
  folder: { en: "Another folder…", "zh-cn": "其他文件夹…" },
});

/** Links that have the images of these guests looked at; none for clients that cannot follow them, or where it is done. */
export function offerParagraphs({ session, snapshot }: Omit<Question, "path">, guests: readonly Guest[]): string[] {
  if (!session.client.extension) return [];
  const hosts = new Set(guests.map(({ host }) => host));
  const unseen = unseenHosts(snapshot.notJudged()).filter(
    ({ host, guests: names }) => hosts.has(host) && guests.some(({ name }) => names.includes(name)),
  );
  return unseen.map(({ host, words }) => {
    const say = (message: Parameters<typeof render>[0]) => plain(render(message, session.locale));
    const way = (message: Parameters<typeof render>[0], name: string) => {
      const argument = encodeURIComponent(JSON.stringify([{ name: host, way: name }])).replace(/[()']/g, percent);
      return `[${say(message)}](command:${extensionCommands.lookAt}?${argument})`;
    };
    const add = host === null ? text.anyHost() : text.host({ host });
    return `${say(words)}  \n${[way(add, "ssh"), way(text.snapshot(), "snapshot"), way(text.folder(), "folder")].join(" · ")}`;
  });
}

/** What a link in Markdown may not hold as it is. */
function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}
