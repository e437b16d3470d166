import { dirname } from "node:path";
import { inQuotes } from "../../shell/quote.ts";
import type { ProbeRequest } from "../facts.ts";
import type { Missing } from "../images/sparse-bytes.ts";

/**
 * The script that ssh runs on a host, on the standard input of `sh -s`. It is POSIX sh and asks only for stat, od,
 * readlink, sed, head and tr, of GNU or of busybox. It reads and never writes. What it prints is described in
 * transcript.ts; `token` marks where that begins and ends among whatever else a login prints.
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

/** Looks at paths: what lies there, and what it is. */
const look = String.raw`LC_ALL=C; TZ=UTC0; export LC_ALL TZ
PATH="$PATH:/run/current-system/sw/bin:/usr/local/bin:/usr/bin:/bin"
NL='
'
text() { sed 's/^/|/'; echo; }

# N: it does not exist. X: nobody may look.
gone() {
  d=$1
  while [ -n "$d" ]; do
    d=${"$"}{d%/*}
    if [ -d "$d/" ]; then
      if [ -x "$d/" ]; then printf 'N %s\n' "$1"; else printf 'X %s\n' "$1"; fi
      return
    fi
    if [ -e "$d" ]; then break; fi
  done
  printf 'N %s\n' "$1"
}

own() {
  if [ -e "$1" ]; then stat -L -c 'F %f %d %i %h %u %g %s %b %y %Z %n' "$1"; else gone "$1"; fi
}

# A small file as text.
show() {
  if [ ! -e "$1" ]; then gone "$1"
  elif [ ! -f "$1" ] || [ ! -r "$1" ]; then printf 'X %s\n' "$1"
  else printf 'T %s\n' "$1"; head -c 1048576 "$1" | text
  fi
}

# A target with a line end would break what we print: it is left out.
target() {
  case "$2" in *"$NL"*) ;; *) printf '%s\n|%s\n' "$1" "$2" ;; esac
}

follow() {
  if [ -L "$1" ]; then target "R $1" "$(readlink "$1")"
  elif [ ! -e "$1" ]; then gone "$1"
  fi
}

kind() {
  if [ -L "$1" ]; then K=l
  elif [ -f "$1" ]; then K=f
  elif [ -d "$1" ]; then K=d
  elif [ -b "$1" ]; then K=b
  elif [ -c "$1" ]; then K=c
  elif [ -p "$1" ]; then K=p
  elif [ -S "$1" ]; then K=s
  else K=u
  fi
}

entries() {
  if [ ! -d "$1/" ]; then
    if [ -e "$1" ]; then printf 'M %s\n' "$1"; else gone "$1"; fi
    return 1
  fi
  if [ ! -r "$1/" ] || [ ! -x "$1/" ]; then printf 'X %s\n' "$1"; return 1; fi
  printf 'D %s\n' "$1"
  n=0
  for e in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ ! -e "$e" ] && [ ! -L "$e" ]; then continue; fi
    case "$e" in *"$NL"*) continue ;; esac
    n=$((n + 1))
    if [ "$n" -gt 20000 ]; then break; fi
    kind "$e"
    printf '|%s %s\n' "$K" "${"$"}{e##*/}"
  done
}

# One image, or what lies in its place.
look() {
  case "$DONE" in *"$NL$1$NL"*) return ;; esac
  DONE="$DONE$1$NL"
  if [ -L "$1" ]; then
    stat -c 'L %f %d %i %h %u %g %s %b %y %Z %n' "$1"
    target "R $1" "$(readlink "$1")"
    REAL=$(readlink -f "$1")
    case "$REAL" in *"$NL"*) return ;; esac
    if [ -n "$REAL" ]; then target "K $1" "$REAL"; fi
    if [ ! -e "$1" ]; then
      case "$(stat -L -c %f "$1" 2>&1)" in
        *'Too many levels'*) printf 'O %s\n' "$1" ;;
        *denied*) printf 'X %s\n' "$1" ;;
        *) printf 'G %s\n' "$1" ;;
      esac
      return
    fi
    S=$(stat -L -c '%f %d %i %h %u %g %s %b %y %Z %n' "$1")
    printf 'F %s\n' "$S"
  elif [ -e "$1" ]; then
    REAL=$1
    S=$(stat -c '%f %d %i %h %u %g %s %b %y %Z %n' "$1")
    printf 'L %s\n' "$S"
  else
    gone "$1"
    return
  fi
  # The path within may hold what a shell takes for a pattern.
  set -f
  room "$REAL" "$S"
  if [ -b "$1" ]; then device "$1"; fi
  if [ -b "$1" ] || [ -f "$1" ]; then content "$REAL" $S; fi
  set +f
}

# Sectors of a block device, from sysfs.
device() {
  B=$(readlink -f "$1")
  if [ -r "/sys/class/block/${"$"}{B##*/}/size" ]; then
    read -r SECTORS <"/sys/class/block/${"$"}{B##*/}/size"
    printf 'Q %s %s\n' "$SECTORS" "$1"
  fi
}

# Space, once for each device.
room() {
  set -- "$1" $2
  case "$DEVICES" in *" $3 "*) return ;; esac
  DEVICES="$DEVICES$3 "
  printf 'V %s %s %s\n' "$3" "$(stat -f -c '%a %b %S' "$1")" "$1"
}
`;

/** Gives bytes of files: the beginning of each that may be an image, and whatever is asked for then. */
const serve = String.raw`# The beginning of file $1 with the stat that follows.
content() {
  F=$1
  SIZE=$8
  if [ -b "$F" ]; then SIZE=$((SECTORS * 512)); fi
  if [ ! -r "$F" ]; then printf 'E %s\n' "$F"; return; fi
  printf 'C %s\n' "$F"
  if [ "$SIZE" -eq 0 ]; then return; fi
  if [ -f "$F" ] && [ "$9" -eq 0 ] && [ "$SIZE" -ge 1048576 ]; then return; fi
  give 0 8192
}

give() {
  printf 'B %s %s\n' "$1" "$2"
  od -A x -t x1 -j "$1" -N "$2" "$F"
}

# Whether a range holds only zeros; od prints lines that repeat once.
zero() {
  case "$(od -A n -t x1 -j "$1" -N "$2" "$F" | head -n 3)" in
    *[1-9a-f]*) printf 'Y %s %s\n' "$1" "$2" ;;
    *) printf 'Z %s %s\n' "$1" "$2" ;;
  esac
}

answers() {
  printf '%s\n' "BEGIN $1"
  while IFS= read -r q <&3; do
    case "$q" in
      'F '*) F=${"$"}{q#F }; printf 'C %s\n' "$F" ;;
      'R '*) q=${"$"}{q#R }; give "${"$"}{q% *}" "${"$"}{q#* }" ;;
      'Z '*) q=${"$"}{q#Z }; zero "${"$"}{q% *}" "${"$"}{q#* }" ;;
      G) printf '%s\n' "END $1" "BEGIN $1" ;;
    esac
  done
}
`;

/** Walks through guests and the state directory. */
const walk = String.raw`# Images that a runner names and that may lie anywhere.
named() {
  for w in $(head -c 1048576 "$1" | tr '\047\042=,:;{}\133\135() ' '\n\n\n\n\n\n\n\n\n\n\n\n\n' | sed -n '/^[/.A-Za-z0-9].*[/.]/p' | sed '/^\/nix\//d;/^\/proc\//d;/^\/sys\//d;/^\/dev\/[a-z]*$/d' | head -n 4000); do
    case "$w" in *'*'* | *'?'*) continue ;; esac
    case "$w" in /*) i=$w ;; *) i=$2/$w ;; esac
    if [ -f "$i" ] || [ -b "$i" ]; then look "$i"; continue; fi
    case "$w" in *.img | *.raw | *.qcow2 | *.vhd | *.vhdx) gone "$i" ;; esac
  done
}

guest() {
  DONE=$NL
  own "$1"
  entries "$1" || return
  follow "$1/current"
  follow "$1/booted"
  if [ -L "$1/current" ]; then
    R=$1/current/bin/microvm-run
    show "$R"
    if [ -f "$R" ] && [ -r "$R" ]; then
      named "$R" "$1"
      C=$(head -c 1048576 "$R" | sed -n "s/.*--config-file['\" ]*\([^'\" ]*\).*/\1/p" | head -n 1)
      case "$C" in /*) show "$C"; if [ -f "$C" ] && [ -r "$C" ]; then named "$C" "$1"; fi ;; esac
    fi
  fi
  wanted "$1"
  for f in "$1"/*; do
    case "${"$"}{f##*/}" in current | booted | old | toplevel | flake | '*') continue ;; esac
    case "$f" in *"$NL"*) continue ;; esac
    if [ -f "$f" ] || [ -b "$f" ] || [ -L "$f" ]; then look "$f"; fi
  done
}

begin() {
  DONE=$NL
  DEVICES=' '
  if ! stat -c %f / >/dev/null || ! stat -f -c %a / >/dev/null; then printf 'U stat\n'; return; fi
  if ! od -A x -t x1 -N 1 /dev/zero >/dev/null; then printf 'U od\n'; return; fi
  show /etc/passwd
  show /etc/group
  show /proc/locks
  own /sys/fs/cgroup/system.slice
  entries /sys/fs/cgroup/system.slice/system-microvm.slice
  printf 'D /sys/block\n'
  for l in /sys/block/loop*/loop/backing_file; do
    if [ -r "$l" ]; then l=${"$"}{l%/loop/backing_file}; printf '|d %s\n' "${"$"}{l##*/}"; fi
  done
  for l in /sys/block/loop*/loop/backing_file; do
    if [ -r "$l" ]; then show "$l"; fi
  done
  own "$1"
  if entries "$1"; then
    printf 'V - %s %s\n' "$(stat -f -c '%a %b %S' "$1")" "$1"
    for g in "$1"/*; do
      case "$g" in *"$NL"* | */lost+found) continue ;; esac
      if [ -d "$g/" ] || [ -L "$g" ]; then guest "$g"; fi
    done
  fi
}`;
