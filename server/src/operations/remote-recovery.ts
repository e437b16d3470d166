import { type Locale, messages, render, type Text } from "../base/text.ts";
import { workSuffix } from "../disk/guests.ts";
import { inQuotes } from "../shell/quote.ts";

const text = messages("operation.remote-recovery", {
  nothing: { en: "No operation was interrupted here.", "zh-cn": "此处没有被中断的操作。" },
  foreign: {
    en: "this journal is not understood, or holds names that a shell does not read back: run `microvm-lens image complete` on the host itself",
    "zh-cn": "无法理解此日志，或其中的名称无法由 shell 读取：请在该主机上执行 `microvm-lens image complete`",
  },
  alive: { en: "another operation works on it now, process", "zh-cn": "另一个操作正在处理它，进程" },
  mounted: {
    en: "the operation had mounted the image: run `microvm-lens image complete` on the host itself",
    "zh-cn": "该操作挂载了镜像：请在该主机上执行 `microvm-lens image complete`",
  },
  elsewhere: {
    en: "the image that the journal tells of is under none of its names: nothing was touched",
    "zh-cn": "日志所述的镜像不在任何已知名称下：没有改动任何内容",
  },
  held: { en: "still in use:", "zh-cn": "仍在使用：" },
  undone: {
    en: "the interrupted operation is undone: the image is as it was before",
    "zh-cn": "被中断的操作已撤销：镜像与之前相同",
  },
  otherFile: {
    en: "undone: somebody had put another file in the image's place meanwhile, which stays; the image as it was before is under its second name:",
    "zh-cn": "已撤销：其间有人在镜像的位置放置了另一个文件，予以保留；操作之前的镜像在其第二个名称下：",
  },
  finished: {
    en: "the interrupted operation had done its work, and is finished",
    "zh-cn": "被中断的操作已完成其工作，现予收尾",
  },
});

/** Puts in order what an interrupted operation left: what recover.ts does here, by the same signs. Ends with 0 or 2. */
export function recoveryScript(locale: Locale): string {
  const say = (what: Text) => inQuotes(render(what, locale));
  return String.raw`set -u
LC_ALL=C TZ=UTC0
export LC_ALL TZ
PATH="/run/current-system/sw/bin:/run/wrappers/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
say() { printf '%s\n' "$*" >&2; }
fail() { say "microvm-lens: $*"; exit 2; }
idof() { stat -c '%d:%i' -- "$1" 2>/dev/null; }
number() { sed -n 's/^ *"'"$1"'": \([0-9][0-9]*\),*$/\1/p' "$journal"; }
word() { sed -n 's/^ *"'"$1"'": "\([^"\\]*\)",*$/\1/p' "$journal"; }
act() {
  say "+ $*"
  if [ -n "$act" ]; then "$@" || fail "$t_failed $1"; fi
}
if [ ! -e "$journal" ] && [ ! -L "$journal" ]; then printf '%s\n' ${say(text.nothing())}; exit 0; fi
[ -f "$journal" ] && [ ! -L "$journal" ] || fail ${say(text.foreign())}
id=$(number device):$(number inode)
pid=$(number pid)
case $id in *[!0-9:]* | :* | *:) fail ${say(text.foreign())} ;; esac
case $pid in '' | *[!0-9]*) fail ${say(text.foreign())} ;; esac
[ "$(word path)" = "$image" ] || fail ${say(text.foreign())}
for name in work kept placed mountPoint; do
  grep -q "^  \"$name\": null,*\$" "$journal" || [ -n "$(word $name)" ] || fail ${say(text.foreign())}
done
grep -q '^  "mountPoint": null,*$' "$journal" || fail ${say(text.mounted())}
work=$(word work)
kept=$(word kept)
placed=$(word placed)
boot=$(cat /proc/sys/kernel/random/boot_id)
if [ "$(word boot)" = "$boot" ]; then
  started=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 1,20)
  case $started in Z*) ;; *" $(word started)") fail ${say(text.alive())} "$pid" ;; esac
else
  # After a start of the machine devices may have other numbers.
  id="$(stat -c %d -- "$(dirname -- "$image")"):$(number inode)"
fi
case $work in '' | *${workSuffix}) ;; *) work= ;; esac
case $kept in '' | "$image".*) ;; *) kept= ;; esac
stays=
[ "$(idof "$image")" = "$id" ] && stays=1
if [ -z "$stays" ] && [ "$(idof "$kept")" != "$id" ] && [ "$(idof "$placed")" != "$id" ]; then fail ${say(text.elsewhere())}; fi
for name in "$work" "$kept"; do
  if [ -n "$name" ] && [ -f "$name" ]; then
    ino=$(stat -c %i -- "$name")
    for one in $(find /proc/[0-9]*/fdinfo -type f -exec grep -l "^ino:[[:space:]]*$ino\$" {} + 2>/dev/null); do
      holder=${"$"}{one#/proc/}
      holder=${"$"}{holder%%/*}
      if [ "$(stat -L -c '%d:%i' "/proc/$holder/fd/${"$"}{one##*/}" 2>/dev/null)" = "$(idof "$name")" ]; then
        fail ${say(text.held())} "$holder"
      fi
    done
  fi
done
outcome=${say(text.finished())}
if [ -n "$stays" ]; then
  # A finished copy has its name already; everything else goes back.
  if [ -z "$placed" ] || [ ! -e "$placed" ] || [ "$(idof "$placed")" = "$id" ]; then outcome=${say(text.undone())}; fi
  for name in "$kept" "$placed"; do
    if [ -n "$name" ] && [ "$(idof "$name")" = "$id" ]; then act rm -- "$name"; fi
  done
fi
# The copy is still there: the new image never got the name.
if [ -z "$stays" ] && [ -n "$work" ] && [ -f "$work" ]; then outcome=${say(text.otherFile())}" $kept"; fi
if [ -n "$work" ] && [ -f "$work" ] && [ ! -L "$work" ]; then
  act rm -- "$work"
  act sync -- "$(dirname -- "$work")"
fi
act sync -- "$(dirname -- "$image")"
act rm -- "$journal"
printf '%s\n' "$outcome"
`;
}
