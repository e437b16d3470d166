/** One file, folder or link of an initramfs. */
export interface Entry {
  readonly path: string;
  /** Type and permission bits, as in `st_mode`. */
  readonly mode: number;
  readonly content: Buffer;
}

export function file(path: string, content: string | Buffer, mode = 0o755): Entry {
  return { path, mode: 0o100000 | mode, content: Buffer.from(content) };
}

export function folder(path: string): Entry {
  return { path, mode: 0o040755, content: Buffer.alloc(0) };
}

export function link(path: string, target: string): Entry {
  return { path, mode: 0o120777, content: Buffer.from(target) };
}

/**
 * An archive of the kind "newc", as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Archives may follow one another: what is common to all guests is packed once.
 */
export function cpio(entries: readonly Entry[]): Buffer {
  const parts = [...entries, { path: "TRAILER!!!", mode: 0, content: Buffer.alloc(0) }].flatMap((entry, index) =>
    record(entry, index + 1),
  );
  return Buffer.concat(parts);
}

function record({ path, mode, content }: Entry, inode: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const head = `070701${numbers.map((each) => each.toString(16).padStart(8, "0")).join("")}`;
  return [padded(Buffer.concat([Buffer.from(head), name])), padded(content)];
}

/** Names and contents begin at multiples of four. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
