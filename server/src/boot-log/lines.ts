/** One line of a log without what logging put around it. */
export interface LogLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** What systemd says in front of a line on the console. */
  readonly status: "ok" | "failed" | "dependency" | "time" | null;
  /** The guest whose unit wrote it (`microvm@NAME`), where a journal says so. */
  readonly guest: string | null;
}

/** Of each line so much is read. */
const longestLine = 4096;

/**
 * Takes colours, the prefixes of journals and of kernels, and systemd's status marks from each line: the same event looks
 * alike in a console, in `journalctl` of the guest and in that of the host, where the one lies in the other.
 */
export function logLines(text: string): readonly LogLine[] {
  return text.split("\n").map((line, index) => ({ number: index + 1, ...bare(plainText(line.slice(0, longestLine))) }));
}

/** Without escape sequences of terminals. */
function plainText(line: string): string {
  return line
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .replace(/\u001b\][^\u0007]*\u0007/g, "")
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, "");
}

function bare(line: string): Omit<LogLine, "number"> {
  let text = line;
  let guest: string | null = null;
  for (let before = ""; before !== text; ) {
    before = text;
    const journal = journalPrefix.exec(text) ?? program.exec(text);
    if (journal) {
      guest ??= /^microvm@(.+)$/.exec(journal.groups?.["from"] ?? "")?.[1] ?? null;
      text = text.slice(journal[0].length);
    }
    text = text.replace(kernelTime, "");
  }
  const mark = /^\s*\[\s*(OK|FAILED|DEPEND|TIME)\s*\]\s*/.exec(text);
  if (!mark) return { text: text.trim(), status: null, guest };
  return { text: text.slice(mark[0].length).trim(), status: statuses[mark[1] as keyof typeof statuses], guest };
}

const statuses = { OK: "ok", FAILED: "failed", DEPEND: "dependency", TIME: "time" } as const;

/** `Sep 15 22:38:15 host name[123]: `, in any language of months, and the forms with an ISO date. */
const journalPrefix =
  /^(?:\p{L}{2,5}\.? +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) \S+ (?<from>[^\s:[]+)(?:\[\d+\])?: ?/u;
/** What the initrd's journal puts in front on the console: `systemd[1]: `, `mount[136]: `. */
const program = /^(?<from>[\w@.-]+)\[\d+\]: ?|^(?:systemd|kernel): /;
const kernelTime = /^\s*\[\s*\d+\.\d{3,9}\] ?/;
