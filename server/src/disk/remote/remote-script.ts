import { dirname } from "node:path";
import { inQuotes } from "../../shell/quote.ts";
import type { ProbeRequest } from "../facts.ts";
import type { Missing } from "../images/sparse-bytes.ts";
import look from "./look.sh";
import serve from "./serve.sh";
import walk from "./walk.sh";

/**
 * The script that ssh runs on a host, on the standard input of `sh -s`. It is POSIX sh and asks only for stat, od,
 * readlink, sed, head and tr, of GNU or of busybox; where there is perl, it answers a round of questions in one process.
 * It reads and never writes. What it prints is described in transcript.ts; `token` marks where that begins and ends among
 * whatever else a login prints.
 *
 * It knows nothing of formats. First it lists what there is, with the beginning of each file that may be an image; then
 * it answers questions for bytes of these files, as {@link questionsFor} puts them, until there are no more.
 */
export function remoteScript(request: ProbeRequest, token: string): string {
  const { inGuests, elsewhere } = sortPaths(request);
  const directories = request.directories.filter(speakable);
  return `${look}${serve}${walk}
wanted() {
  case "$1" in
    '') ;;
${[...inGuests].map(([folder, paths]) => `    ${inQuotes(folder)})\n${looks(paths)}      ;;\n`).join("")}\
  esac
}
main() {
  printf '%s\\n' 'BEGIN ${token}'
  begin ${inQuotes(request.stateDir)}
  DONE=$NL
${looks(elsewhere)}\
${directories.map((path) => `  own ${inQuotes(path)}\n`).join("")}\
  printf '%s\\n' 'END ${token}'
  answers ${token}
}
main 3<&0 </dev/null 2>/dev/null
`;
}

/** One round of questions: which bytes of which files are wanted. */
export function questionsFor(files: ReadonlyMap<string, readonly Missing[]>): string {
  const lines: string[] = [];
  for (const [path, missing] of files) {
    if (!speakable(path)) continue;
    lines.push(`F ${path}`);
    for (const { want, offset, length } of missing) lines.push(`${want === "bytes" ? "R" : "Z"} ${offset} ${length}`);
  }
  return `${lines.join("\n")}\nG\n`;
}

/** Images that lie right in a guest's directory are looked at together with it; that saves looking twice. */
function sortPaths(request: ProbeRequest): { inGuests: Map<string, string[]>; elsewhere: string[] } {
  const inGuests = new Map<string, string[]>();
  const elsewhere: string[] = [];
  for (const path of request.paths.filter(speakable)) {
    const folder = dirname(path);
    if (dirname(folder) !== request.stateDir) elsewhere.push(path);
    else if (inGuests.has(folder)) inGuests.get(folder)?.push(path);
    else inGuests.set(folder, [path]);
  }
  return { inGuests, elsewhere };
}

function looks(paths: readonly string[]): string {
  return paths.map((path) => `      look ${inQuotes(path)}\n`).join("");
}

/** Line ends would break the transcript; such a path is reported as not asked for. */
function speakable(path: string): boolean {
  return !/[\n\r\0]/.test(path);
}
