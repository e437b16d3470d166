import type { Chance } from "../chance.ts";
import { type Text, t } from "../nix-text.ts";
import type { VolumeSpec } from "../world.ts";

/** Where a script is run from, and how it names things there. */
export interface Place {
  /** The image as a word of the shell; already between quotes where it needs them. */
  readonly image: Text;
  /** A file beside the image, as a word of the shell. */
  beside(name: string): Text;
  /** A program: bare, or by its package's path. */
  tool(packageName: string, program: string): Text;
  readonly volume: VolumeSpec;
}

/** What a script does to an image. */
export interface Action {
  readonly name: string;
  /** Single commands can stand in ExecStart= without a shell. */
  readonly command?: (place: Place) => Text;
  readonly script: (place: Place) => Text;
}

const command = (name: string, words: (place: Place) => Text): Action => ({ name, command: words, script: words });
const script = (name: string, words: (place: Place) => Text): Action => ({ name, script: words });

const rm = (place: Place) => place.tool("coreutils", "rm");

/** Idioms 1: the image is taken away, always or on a condition. */
const removing: readonly (readonly [number, Action])[] = [
  [10, command("rm -f", (p) => t`${rm(p)} -f ${p.image}`)],
  [2, command("rm", (p) => t`${rm(p)} ${p.image}`)],
  [2, command("rm -rf", (p) => t`${rm(p)} -rf ${p.image}`)],
  [2, command("rm -f --", (p) => t`${rm(p)} -f -- ${p.image}`)],
  [2, script("rm || true", (p) => t`${rm(p)} ${p.image} || true`)],
  [2, script("rm -f *.img", (p) => t`${rm(p)} -f ${p.beside("*.img")}`)],
  [2, script("find -delete", (p) => t`${p.tool("findutils", "find")} ${p.beside("")} -name '*.img' -delete`)],
  [
    2,
    script(
      "find -exec rm",
      (p) => t`${p.tool("findutils", "find")} ${p.beside("")} -maxdepth 1 -type f -name '*.img' -exec rm -f {} +`,
    ),
  ],
  [3, script("[ -e flag ] && rm", (p) => t`[ -e ${p.beside("reset")} ] && ${rm(p)} -f ${p.image}\ntrue`)],
  [3, script("if [ -e flag ] rm", (p) => t`if [ -e ${p.beside("reset")} ]; then\n  ${rm(p)} -f ${p.image}\nfi`)],
  [3, script("test -f keep || rm", (p) => t`test -f ${p.beside("keep")} || ${rm(p)} -f ${p.image}`)],
  [2, script("in a function", (p) => t`wipe() {\n  ${rm(p)} -f "$1"\n}\nwipe ${p.image}`)],
  [1, script("a function that is not called", (p) => t`wipe() {\n  ${rm(p)} -f "$1"\n}\necho ready`)],
  [2, script("in a loop", (p) => t`for image in ${p.image} ${p.beside("none.img")}; do\n  ${rm(p)} -f "$image"\ndone`)],
  [2, script("by a variable", (p) => t`image=${p.image}\nif [ -f "$image" ]; then ${rm(p)} -f "$image"; fi`)],
  [2, script("[ ! -e ] || rm", (p) => t`[ ! -e ${p.image} ] || ${rm(p)} ${p.image}`)],
  [
    3,
    script(
      "rm unless of the declared size",
      (p) =>
        t`if [ -e ${p.image} ] && [ "$(${p.tool("coreutils", "stat")} -c %s ${p.image})" -ne ${bytes(p)} ]; then\n  ${rm(p)} ${p.image}\nfi`,
    ),
  ],
  [
    2,
    script(
      "rm if smaller",
      (p) =>
        t`if test -e ${p.image} && test $(${p.tool("coreutils", "stat")} -L -c %s ${p.image}) -lt ${bytes(p)}; then ${rm(p)} -f ${p.image}; fi`,
    ),
  ],
  [1, script("rm after exit", (p) => t`exit 0\n${rm(p)} -f ${p.image}`)],
  [1, script("rm in a comment", (p) => t`# ${rm(p)} -f ${p.image}\necho "would rm -f ${p.image}"`)],
  [1, script("rm of another name", (p) => t`${rm(p)} -f ${p.beside("other-name.img")}`)],
  [1, script("case", (p) => t`case ${p.image} in\n  *.img) ${rm(p)} -f ${p.image} ;;\n  *) echo kept ;;\nesac`)],
  [1, script("a heredoc that names it", (p) => t`cat <<'END'\nrm -f ${p.image}\nEND`)],
  [1, script("unlink", (p) => t`[ -e ${p.image} ] && ${p.tool("coreutils", "unlink")} ${p.image} || echo nothing`)],
  [1, script("while read", (p) => t`printf '%s\\n' ${p.image} | while read -r image; do ${rm(p)} -f "$image"; done`)],
  [1, script("cd and rm", (p) => t`cd ${p.beside("")}\n${rm(p)} -f -- *.img`)],
];

/** Idioms 5. */
const replacing: readonly (readonly [number, Action])[] = [
  [
    3,
    script(
      "mv to .old",
      (p) => t`if [ -e ${p.image} ]; then ${p.tool("coreutils", "mv")} ${p.image} ${p.beside("moved.old")}; fi`,
    ),
  ],
  [
    1,
    script(
      "mv -f || true",
      (p) => t`${p.tool("coreutils", "mv")} -f ${p.image} ${p.beside("moved.old")} 2>/dev/null || true`,
    ),
  ],
  [
    2,
    command("cp of a base", (p) => t`${p.tool("coreutils", "cp")} --reflink=auto ${p.beside("base.raw")} ${p.image}`),
  ],
  [2, command("cp -n of a base", (p) => t`${p.tool("coreutils", "cp")} -n ${p.beside("base.raw")} ${p.image}`)],
  [
    2,
    script(
      "test -e || cp",
      (p) => t`test -e ${p.image} || ${p.tool("coreutils", "cp")} ${p.beside("base.raw")} ${p.image}`,
    ),
  ],
  [
    1,
    script(
      "qemu-img create -b",
      (p) =>
        t`${rm(p)} -f ${p.image}\n${p.tool("qemu-utils", "qemu-img")} create -q -f qcow2 -b ${p.beside("base.raw")} -F raw ${p.image}`,
    ),
  ],
  [1, script("ln -sf", (p) => t`${p.tool("coreutils", "ln")} -sf ${p.beside("base.raw")} ${p.image}`)],
];

/** Idioms 6 and 8. */
const resizing: readonly (readonly [number, Action])[] = [
  [5, command("truncate -s '>'", (p) => t`${p.tool("coreutils", "truncate")} -s '>${size(p)}M' ${p.image}`)],
  [
    2,
    script(
      "truncate -s > by a variable",
      (p) => t`img=${p.image}\n${p.tool("coreutils", "truncate")} -s ">${size(p)}M" "$img"`,
    ),
  ],
  [
    2,
    script(
      "truncate -s > if it is there",
      (p) => t`if [ -e ${p.image} ]; then ${p.tool("coreutils", "truncate")} -s '>${size(p)}M' ${p.image}; fi`,
    ),
  ],
  [2, command("truncate -s", (p) => t`${p.tool("coreutils", "truncate")} -s ${size(p)}M ${p.image}`)],
  [
    1,
    command("truncate -c -s", (p) => t`${p.tool("coreutils", "truncate")} --no-create --size=${size(p)}M ${p.image}`),
  ],
  [2, command("fallocate", (p) => t`${p.tool("util-linux", "fallocate")} -l ${size(p)}M ${p.image}`)],
  [
    2,
    script(
      "qemu-img resize",
      (p) => t`${p.tool("qemu-utils", "qemu-img")} resize -q -f raw ${p.image} ${size(p)}M || true`,
    ),
  ],
  [
    1,
    command(
      "dd seek",
      (p) => t`${p.tool("coreutils", "dd")} if=/dev/null of=${p.image} bs=1M seek=${size(p)} status=none`,
    ),
  ],
  [
    3,
    script(
      "truncate, e2fsck, resize2fs",
      (p) =>
        t`if [ -e ${p.image} ]; then\n  ${p.tool("coreutils", "truncate")} -s '>${size(p)}M' ${p.image}\n  ${p.tool("e2fsprogs", "e2fsck")} -fy ${p.image} || true\n  ${p.tool("e2fsprogs", "resize2fs")} ${p.image} || true\nfi`,
    ),
  ],
  [
    3,
    script(
      "truncate where stat says less",
      (p) =>
        t`if [ -e ${p.image} ] && [ "$(${p.tool("coreutils", "stat")} -c %s ${p.image})" -lt ${bytes(p)} ]; then\n  ${p.tool("coreutils", "truncate")} -s ${size(p)}M ${p.image}\nfi`,
    ),
  ],
  [1, script("mkfs anew", (p) => t`[ ! -e ${p.image} ] || ${p.tool("e2fsprogs", "mkfs.ext4")} -q -F ${p.image}`)],
  [
    1,
    script(
      "made and formatted",
      (p) =>
        t`test -e ${p.image} || { ${p.tool("coreutils", "truncate")} -s 16M ${p.image}; ${p.tool("e2fsprogs", "mkfs.ext4")} -q -L data ${p.image}; }`,
    ),
  ],
  [
    1,
    script(
      "made as swap",
      (p) =>
        t`test -e ${p.image} || { ${p.tool("coreutils", "truncate")} -s 16M ${p.image}; ${p.tool("util-linux", "mkswap")} -L swap ${p.image}; }`,
    ),
  ],
  [1, command("touch", (p) => t`${p.tool("coreutils", "touch")} ${p.image}`)],
  [1, script("emptied", (p) => t`: > ${p.image}`)],
];

/** Idioms 9, and what does nothing to an image. */
const others: readonly (readonly [number, Action])[] = [
  [
    3,
    script(
      "refuse another size",
      (p) =>
        t`if [ -e ${p.image} ] && [ "$(${p.tool("coreutils", "stat")} -L -c %s ${p.image})" != ${bytes(p)} ]; then\n  echo "not of the declared size" >&2\n  exit 1\nfi`,
    ),
  ],
  [2, script("test -e image", (p) => t`test -e ${p.image}`)],
  [1, script("false", () => t`false`)],
  [1, script("false || true", () => t`false || true`)],
  [2, script("echo", (p) => t`echo starting with ${p.image}`)],
  [2, script("mkdir -p", (p) => t`${p.tool("coreutils", "mkdir")} -p ${p.beside("made")}`)],
  [1, script("ls", (p) => t`${p.tool("coreutils", "ls")} -l ${p.beside("")} >/dev/null`)],
  [1, script("chmod", (p) => t`${p.tool("coreutils", "chmod")} 0600 ${p.image} || true`)],
  [1, script("exit 1 in a subshell", () => t`( exit 1 ) || echo went on`)],
  [1, script("an unset variable", (p) => t`echo "$NOT_SET" ${p.image} >/dev/null`)],
  [1, script("a program that is not there", (p) => t`${p.tool("coreutils", "rn")} -f ${p.image}`)],
  [1, script("a pipe that fails", () => t`false | cat >/dev/null`)],
];

/** An action for `preStart`, a unit or an activation script. */
export function actionOf(chance: Chance): Action {
  const kind = chance.weighted([
    [48, removing],
    [12, replacing],
    [25, resizing],
    [15, others],
  ]);
  return chance.weighted(kind);
}

/** Only actions that remove: for places where little else is seen. */
export function removalOf(chance: Chance): Action {
  return chance.weighted(removing);
}

function size({ volume }: Place): string {
  return String(Math.max(1, volume.sizeMiB));
}

function bytes({ volume }: Place): string {
  return String(volume.sizeMiB * 1024 * 1024);
}
