/** Splits a line of ExecStart= as systemd does (systemd.service(5), "Command lines"): quotes, escapes, `%%` and `$$`. */
export function splitExec(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let started = false;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] ?? "";
    if (letter === "\\" && at + 1 < line.length) {
      word += escapes[line[at + 1] ?? ""] ?? line[at + 1] ?? "";
      started = true;
      at++;
    } else if (quote === letter) {
      quote = null;
    } else if (quote === null && !started && (letter === '"' || letter === "'")) {
      quote = letter;
      started = true;
    } else if (quote === null && /\s/.test(letter)) {
      if (started) words.push(word);
      word = "";
      started = false;
    } else {
      word += letter;
      started = true;
    }
  }
  if (started) words.push(word);
  return words.map((each) => each.replaceAll("%%", "%").replaceAll("$$", "$"));
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", s: " " };
