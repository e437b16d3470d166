import type { ContentType, FilesystemFacts } from "../../facts.ts";

/** Facts of something that is only named. */
export function named(
  type: ContentType,
  known: { label?: string | null; uuid?: string | null; sizeBytes?: number },
): FilesystemFacts {
  const size = known.sizeBytes;
  return {
    type,
    label: known.label ?? null,
    uuid: known.uuid ?? null,
    sizeBytes: size !== undefined && size > 0 && Number.isSafeInteger(size) ? size : null,
    space: { state: "absent" },
    lastMounted: null,
    state: "unknown",
    multipleDevices: false,
  };
}
