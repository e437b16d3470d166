import type { Entry } from "./play/fstab.ts";
import type { Played } from "./play/player.ts";
import type { Setting } from "./world.ts";

/** What became of one volume in one course: seen on the disk and by exit codes, whatever anybody forecast. */
export interface HappenedVolume {
  readonly word: string;
  /** Other words that are as true of it. */
  readonly also: readonly string[];
  /** What it would have come to had another volume not kept the guest from starting; null: that was not seen. */
  readonly otherwise: string | null;
  /** What became of the image on the host, before the guest had it. */
  readonly onHost: string;
}

export interface Happened {
  readonly course: string;
  readonly guest: "starts" | "starts-but" | "does-not-start";
  /** Which step ended the start, or what is amiss in the guest. */
  readonly why: string;
  readonly volumes: readonly HappenedVolume[];
}

interface Look {
  readonly there: boolean;
  readonly kind: string;
  readonly file: string;
  readonly bytes: number;
  readonly type: string;
  readonly uuid: string;
}

/** Classifies what the facts of one course tell. */
export function happened(setting: Setting, entries: readonly Entry[], { course, facts }: Played): Happened {
  const at = (key: string) => facts.get(key) ?? "";
  const looks = setting.volumes.map((_, index) => ({
    before: look(at(`before.${index}`)),
    after: look(at(`after.${index}`)),
  }));
  const hostWords = looks.map(({ before, after }) => onHost(before, after));
  const files = looks.map(({ after }) => after.file);
  const shared = files.map((file) => file !== "" && files.filter((other) => other === file).length > 1);
  const own = at("own");
  if (own !== "done") {
    const volumes = hostWords.map((word, index) => ({
      // Of a start that ends before anything is attached, both are true.
      word: shared[index] ? "share" : "no-start",
      also: shared[index] ? ["no-start"] : [],
      otherwise: null,
      onHost: word,
    }));
    return { course, guest: "does-not-start", why: own, volumes };
  }
  const closed = setting.volumes.map((_, index) => at(`open.${index}`) !== "yes");
  const locked = setting.volumes.some(({ readOnly }, index) => shared[index] && !readOnly);
  const problems: { readonly fatal: boolean; readonly what: string }[] = [];
  const upper = at("upper");
  const volumes = setting.volumes.map((_, index): HappenedVolume => {
    const host = hostWords[index] ?? "";
    const answer = (word: string, ...also: readonly string[]): HappenedVolume => {
      const came = closed.includes(true) || locked ? "no-start" : word;
      return { word: shared[index] ? "share" : came, also, otherwise: word, onHost: host };
    };
    if (closed[index]) return answer("no-start");
    const blank = looks[index]?.after.type === "blank";
    const entry = entries.find(({ volume }) => volume === index);
    if (!entry) return answer(blank ? "blank" : host);
    const mount = at(`mount.${index}`);
    if (mount === "noauto") {
      return answer(holdsOverlay(setting, entries, index) && upper === "ram" ? "in-ram" : blank ? "blank" : host);
    }
    const fatal = !entry.options.includes("nofail");
    const device = at(`device.${index}`);
    if (mount !== "mounted") {
      problems.push({ fatal, what: `mount ${index}: ${mount}` });
      if (device !== "" && device !== String(index)) return answer("shift");
      // "no-start" also means that the guest does not boot because of the volume.
      return blank ? answer("blank", "not-mount") : answer("not-mount", ...(fatal ? ["no-start"] : []));
    }
    if (device !== String(index)) {
      problems.push({ fatal: false, what: `mount ${index}: of ${device}` });
      return answer("shift");
    }
    if (holdsOverlay(setting, entries, index) && upper === "ram") {
      problems.push({ fatal: false, what: "in RAM" });
      return answer("in-ram");
    }
    if (upper === String(index) && ["failed", "no directories"].includes(at("overlay")))
      return answer("no-start", "not-mount");
    // systemd-makefs formats what blkid knows nothing of.
    if (/^(?:blank|other)\|/.test(at(`makefs.${index}`))) return answer("formatted");
    if (at(`grown.${index}`) === "yes" && host === "reuse") return answer("grow");
    return answer(host);
  });
  // QEMU locks images: of one that two drives write to, or one writes to, the second cannot be attached (tried with 7.2).
  if (locked) problems.unshift({ fatal: true, what: "an image is attached twice" });
  const overlay = at("overlay");
  if (overlay === "failed" || overlay === "no directories") problems.push({ fatal: true, what: `overlay: ${overlay}` });
  if (overlay === "readonly" || overlay === "full") problems.push({ fatal: false, what: `overlay: ${overlay}` });
  if (closed.includes(true))
    problems.unshift({ fatal: true, what: `the hypervisor cannot open ${closed.indexOf(true)}` });
  const worst = problems.find(({ fatal }) => fatal) ?? problems[0];
  return {
    course,
    guest: worst === undefined ? "starts" : worst.fatal ? "does-not-start" : "starts-but",
    why: worst?.what ?? "",
    volumes,
  };
}

/** `device:inode` tells whether it is the same file; the filesystem's own id whether it is the same filesystem. */
function onHost(before: Look, after: Look): string {
  if (!after.there) return before.there ? "removed" : "absent";
  if (!before.there) return after.type === "blank" ? "blank" : "create";
  const sameFile = before.file === after.file;
  const sameContent = before.type === after.type && before.uuid === after.uuid;
  if (!sameFile && !sameContent) return after.type === "blank" ? "blank" : "recreate";
  if (sameFile && !sameContent) {
    if (after.type === "blank") return "blank";
    // Another filesystem in the same file is a new one, whatever its size; what is left of one that was cut is none.
    return after.bytes < before.bytes && after.uuid === "" ? "cut" : "recreate";
  }
  if (after.bytes > before.bytes) return "grow";
  return after.bytes < before.bytes ? "cut" : "reuse";
}

/** The overlay's path lies on this volume's mount point, and on none below that. */
function holdsOverlay({ overlay, volumes }: Setting, entries: readonly Entry[], index: number): boolean {
  if (overlay === null || !isAbove(volumes[index]?.mountPoint ?? null, overlay)) return false;
  const depth = (mountPoint: string | null | undefined) => mountPoint?.length ?? 0;
  const own = depth(volumes[index]?.mountPoint);
  return !entries.some(({ mountPoint }) => isAbove(mountPoint, overlay) && depth(mountPoint) > own);
}

function isAbove(mountPoint: string | null, path: string): boolean {
  if (mountPoint === null) return false;
  return mountPoint === path || mountPoint === "/" || path.startsWith(`${mountPoint}/`);
}

function look(words: string): Look {
  const [kind = "", file = "", bytes = "", type = "", uuid = ""] = words.split("|");
  if (words === "" || words === "absent" || words === "dangling") {
    return { there: false, kind: words, file: "", bytes: 0, type: "", uuid: "" };
  }
  return { there: true, kind, file, bytes: Number(bytes), type, uuid };
}
