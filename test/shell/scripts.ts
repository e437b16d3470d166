import type { Case, Entry } from "./sandbox.ts";

/** One script of the table: on which states of the image it is played, and as whom. */
export interface TableScript {
  readonly script: string;
  /** Options of bash; microvm.nix runs its own with `set -eou pipefail`. */
  readonly options?: readonly string[];
  readonly uid?: number;
  readonly args?: readonly string[];
  readonly states?: readonly (keyof typeof states)[];
}

const MiB = 1024 ** 2;

/** What stands in the image's place. */
export const states = {
  absent: [],
  small: [{ path: "a.img", kind: "file", bytes: 5000 }],
  large: [{ path: "a.img", kind: "file", bytes: 3 * MiB }],
  directory: [
    { path: "a.img", kind: "directory" },
    { path: "a.img/x", kind: "file", bytes: 10 },
  ],
  link: [
    { path: "real.img", kind: "file", bytes: 5000 },
    { path: "a.img", kind: "link", target: "real.img" },
  ],
  dangling: [{ path: "a.img", kind: "link", target: "real.img" }],
} as const;

/** What else is there: other images, a flag that is there and one that is not, directories. */
const surroundings: readonly Entry[] = [
  { path: "b.img", kind: "file", bytes: 20000 },
  { path: "keep", kind: "file", bytes: 0 },
  { path: "conf", kind: "file", text: "hello\n" },
  { path: "sub", kind: "directory" },
  { path: "sub/c.img", kind: "file", bytes: 100 },
  { path: "golden.img", kind: "file", bytes: 8192 },
];

export function casesOf(scratch: string, one: TableScript): readonly (Case & { image: string })[] {
  const uid = one.uid ?? 0;
  const directory = `${scratch}/vm`;
  const own = (path: string) => (uid === 0 ? { path } : { path, uid });
  const base: Entry[] = [
    { ...own(directory), kind: "directory" },
    ...surroundings.map((entry) => ({ ...entry, ...own(`${directory}/${entry.path}`) })),
  ];
  return (one.states ?? (Object.keys(states) as (keyof typeof states)[])).map((state) => ({
    script: one.script.replaceAll("@DIR@", directory),
    entries: [...base, ...states[state].map((entry) => ({ ...entry, ...own(`${directory}/${entry.path}`) }))],
    directory,
    options: one.options ?? [],
    args: one.args ?? [],
    uid,
    image: `${directory}/a.img`,
  }));
}

const e = ["-e"];
const strict = ["-euo", "pipefail"];

export const scripts: readonly TableScript[] = [
  { script: "rm -f a.img" },
  { script: "rm a.img", options: e },
  { script: "/bin/rm -f @DIR@/a.img" },
  { script: "rm -f *.img" },
  { script: 'rm -- "$PWD/a.img"', options: e },
  { script: "find . -name '*.img' -delete" },
  { script: "[ -e keep ] && rm a.img" },
  { script: "[ -e gone ] && rm a.img" },
  { script: "if [ -e gone ]; then rm a.img; else touch made; fi" },
  { script: "test -f keep || rm a.img" },
  { script: 'f() { rm -f "$1"; }; f a.img' },
  { script: "mv a.img a.img.old", options: e },
  { script: "cp --reflink=auto golden.img a.img", options: e },
  { script: "cp -n golden.img a.img" },
  { script: "test -e a.img || cp golden.img a.img", options: strict },
  { script: "truncate -s '>2M' a.img", options: e },
  { script: "truncate -s 1M a.img", options: e },
  { script: 'img=a.img; truncate -s ">2M" "$img"', options: strict },
  { script: "fallocate -l 1M a.img", options: e },
  { script: "qemu-img resize -f raw a.img 2M", options: e },
  { script: "dd if=/dev/zero of=a.img bs=1M count=0 seek=2", options: e },
  { script: "if [ $(stat -c %s a.img) -lt 2000000 ]; then truncate -s 2M a.img; fi", options: e },
  { script: "test -e a.img || { truncate -s 2M a.img; mkswap -L swap a.img; }", options: strict },
  {
    script:
      "if [ ! -e 'a.img' ]; then touch 'a.img'; chattr +C 'a.img' || true; truncate -s 4M 'a.img'; mkfs.ext4 -L 'data' 'a.img'; fi",
    options: strict,
  },
  { script: "[ $(stat -c %s b.img) -gt 100 ] || exit 1; rm -rf a.img" },
  { script: "ln -sf golden.img a.img", options: e },
  { script: "for i in a b; do rm -f $i.img; done" },
  { script: "cat <<EOF >a.img\nhello $PWD\nEOF", options: e },
  { script: "echo x > a.img" },
  { script: ": > a.img", options: e },
  { script: "trap 'rm -f a.img' EXIT; exit 3" },
  { script: "case $(basename a.img .img) in a|b) rm -f a.img;; *) touch no;; esac" },
  { script: "ls *.img | xargs rm -f" },
  { script: "set -e; false && rm a.img; touch y; ! true; touch z" },
  { script: "(cd sub && rm -f c.img); rm -f a.img" },
  { script: "rm -rf a.img", uid: 65534 },
];
