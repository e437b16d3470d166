import type { Case, Entry } from "./sandbox.ts";
import { adversarial } from "./table/adversarial.ts";
import { ownFixes } from "./table/own-fixes.ts";
import { published } from "./table/published.ts";

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

/** The scripts, each on every state that it names; without names on these, and on one of the others in turn. */
const usual = ["absent", "large", "dangling"] as const;
const others = ["small", "directory", "link"] as const;

export const scripts: readonly TableScript[] = [...published, ...ownFixes, ...adversarial].map((one, at) => ({
  ...one,
  states: one.states ?? [...usual, others[at % others.length] as keyof typeof states],
}));
