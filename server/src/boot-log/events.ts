import type { LogLine } from "./lines.ts";
import { readers } from "./readers.ts";

/** What a line of a log says of the way from a file to a mount. Paths are as the log has them, those of the guest without `/sysroot`. */
export type Event =
  /** The mount itself failed, not something that it waited for. */
  | { readonly is: "mount-failed"; readonly where: string }
  | { readonly is: "mounting" | "mounted" | "unmounting"; readonly where: string }
  | { readonly is: "device-missing"; readonly device: string }
  | { readonly is: "check-failed"; readonly device: string }
  /** What is wrong with a filesystem, as the kernel says. `device`: `vdb`. */
  | { readonly is: "filesystem"; readonly device: string; readonly wrong: FilesystemFault }
  | { readonly is: "overlay"; readonly wrong: OverlayFault; readonly path: string | null }
  /** A directory could not be made in the guest; null: the one of the service that makes the overlay's. */
  | { readonly is: "directory"; readonly path: string | null }
  /** A program of the host could not do something with a file. */
  | { readonly is: "file"; readonly path: string | null; readonly why: string }
  /** The like, of some program: `paths` are the words of the line, which may be names of files. */
  | { readonly is: "mention"; readonly paths: readonly string[]; readonly why: string }
  | { readonly is: "mkfs"; readonly path: string | null; readonly fsType: string | null; readonly why: string }
  /** The hypervisor takes the file for something else, or may not write to it as it should. */
  | { readonly is: "format"; readonly path: string | null; readonly device: string | null; readonly why: string }
  /** A machine begins to boot. */
  | { readonly is: "begin" }
  /** The guest came up. */
  | { readonly is: "up" };

/** `content`: no such filesystem there; `short`: it is larger than its device; `journal`: read-only with a journal to replay; `damaged`: the rest. */
export type FilesystemFault = "content" | "short" | "journal" | "damaged";
/** `directory`: something about upper or work directory; `path`: a layer that is not there; `read-only`, `space`: of the upper layer. */
export type OverlayFault = "features" | "work" | "path" | "space" | "read-only";

export interface LogEvent {
  readonly line: LogLine;
  readonly event: Event;
}

/** Everything in a log that we can read, in its order. `isGuest`: whether the name in a unit's name is the guest's. */
export function logEvents(lines: readonly LogLine[], isGuest: (name: string) => boolean): readonly LogEvent[] {
  return lines.flatMap((line): LogEvent[] => {
    if (line.guest !== null && !isGuest(line.guest)) return [];
    for (const [pattern, read] of readers) {
      const match = pattern.exec(line.text);
      const event = match && read(match.groups ?? {}, line);
      if (event) return [{ line, event }];
    }
    return [];
  });
}
