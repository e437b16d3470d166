import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import type { Finding, Rule } from "./frame/rule.ts";
import type { Suppression } from "./frame/suppress.ts";
import { guestFlake } from "./support/examples.ts";
import { nearest } from "./support/spelling.ts";

export const text = messages("unknown-suppression", {
  summary: {
    en: "A comment allows a finding by an id that no rule has.",
    "zh-cn": "注释允许的规则 id 不存在。",
  },
  why: {
    en: "A misspelt id allows nothing: the finding that it was written for is reported all the same. Ids never change; `microvm-lens explain` lists them.",
    "zh-cn":
      "拼错的 id 不会允许任何内容：本想压制的问题仍会被报告。规则 id 从不改变，`microvm-lens explain` 可列出全部 id。",
  },
  message: {
    en: 'unknown rule "{id}": this comment allows nothing',
    "zh-cn": "没有名为“{id}”的规则，因此这条注释不起作用",
  },
  rename: { en: "Allow {id} instead", "zh-cn": "改为允许 {id}" },
});

interface Data {
  readonly suppression: Suppression;
  /** The known id that comes nearest, if one comes near at all. */
  readonly nearest: string | null;
}

/** Reported by suppress.ts, because only it sees comments. */
export const unknownSuppression: Rule<Data> = {
  id: "unknown-suppression",
  severity: "warning",
  needs: "config",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": example("size-differs-from-imgae"),
      },
      disk: ["/var/lib/microvms/web/data.img raw 1024MiB ext4"],
    },
    good: {
      files: {
        "/flake.nix": example("size-differs-from-image"),
      },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
  },
  check: () => [],
  *fixes({ data }) {
    if (data.nearest !== null) {
      yield {
        kind: "edit",
        id: "rename",
        title: text.rename({ id: data.nearest }),
        safety: "safe",
        edits: [{ span: data.suppression.idSpan, newText: data.nearest }],
        guests: [],
      };
    }
  },
};

/** The finding about one comment; `known` are the ids that it may have meant. */
export function unknownSuppressionFinding(suppression: Suppression, known: ReadonlySet<string>): Finding<Data> {
  return {
    rule: unknownSuppression.id,
    span: suppression.idSpan,
    message: text.message({ id: printable(suppression.id) }),
    notes: [],
    guests: [],
    data: { suppression, nearest: nearest(suppression.id, known) },
  };
}

function example(id: string): string {
  return guestFlake(`microvm.volumes = [ {
  image = "data.img";
  mountPoint = "/var";
  # microvm-lens: allow ${id} kept small on purpose
  size = 1024;
} ];`);
}
