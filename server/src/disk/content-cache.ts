import type { FileStat, ImageContent } from "./image.ts";

/** More images than this are not remembered; the oldest go first. */
const maxImages = 50_000;

/**
 * Remembers what was read out of an image until its stat says that it has changed: device, inode, size, allocation,
 * time of modification or of the inode's change. Reading failures are not remembered, so they are tried again.
 */
export class ContentCache {
  readonly #entries = new Map<string, { readonly stat: FileStat; readonly content: ImageContent }>();

  get(path: string, stat: FileStat): ImageContent | null {
    const entry = this.#entries.get(path);
    return entry !== undefined && sameFile(entry.stat, stat) ? entry.content : null;
  }

  put(path: string, stat: FileStat, content: ImageContent): ImageContent {
    if (content.container.state === "unreadable" && content.container.reason !== "malformed") {
      this.#entries.delete(path);
      return content;
    }
    if (this.#entries.size >= maxImages && !this.#entries.has(path)) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(path, { stat, content });
    return content;
  }
}

function sameFile(a: FileStat, b: FileStat): boolean {
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.apparentBytes === b.apparentBytes &&
    a.allocatedBytes === b.allocatedBytes &&
    a.changedMs === b.changedMs &&
    a.modifiedMs === b.modifiedMs &&
    a.kind === b.kind
  );
}
