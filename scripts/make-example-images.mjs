// Makes examples/images/*.gz anew with mkfs.ext4 (e2fsprogs 1.47.0). Needed only when the parameters change.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { exampleSizes, pack } from "./write-example-image.mjs";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "images");

/** Features that mkfs.ext4 1.47.0 chooses by itself on most distributions; named so that no mke2fs.conf matters. */
const features =
  "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file," +
  "dir_nlink,extra_isize,metadata_csum";

/** Arguments and environment that make mkfs.ext4 write the same bytes each time. */
export function mkfsCommand(sizeMiB, label, path) {
  const id = `4000-8000-${String(sizeMiB).padStart(12, "0")}`;
  return {
    args: [
      ...["-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-i", "16384", "-m", "5", "-O", features],
      ...["-U", `4d6c656e-7301-${id}`],
      ...["-E", `hash_seed=4d6c656e-7302-${id},lazy_itable_init=1,lazy_journal_init=1,nodiscard`],
      ...(label === null ? [] : ["-L", label]),
      path,
    ],
    env: { PATH: process.env.PATH, MKE2FS_CONFIG: "/dev/null", E2FSPROGS_FAKE_TIME: "1700000000" },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const scratch = mkdtempSync(join(tmpdir(), "example-images-"));
  for (const sizeMiB of exampleSizes) {
    const path = join(scratch, "image");
    writeFileSync(path, "");
    truncateSync(path, sizeMiB * 1024 * 1024);
    const { args, env } = mkfsCommand(sizeMiB, null, path);
    execFileSync("mkfs.ext4", args, { env, stdio: "ignore" });
    const packed = gzipSync(pack(nonZeroBlocks(path, sizeMiB)), { level: 9 });
    writeFileSync(join(folder, `ext4-${sizeMiB}MiB.gz`), packed);
    rmSync(path);
  }
  rmSync(scratch, { recursive: true });
}

function nonZeroBlocks(path, sizeMiB) {
  const blocks = [];
  const zeros = Buffer.alloc(4096);
  // Node reads at most 2 GiB at once; dd with conv=sparse would not be shorter.
  for (let mib = 0; mib < sizeMiB; mib += 64) {
    const part = execFileSync("dd", [`if=${path}`, "bs=64M", `skip=${mib / 64}`, "count=1", "status=none"], {
      maxBuffer: 128 * 1024 * 1024,
    });
    for (let at = 0; at < part.length; at += 4096) {
      const block = part.subarray(at, at + 4096);
      if (!block.equals(zeros)) blocks.push({ index: mib * 256 + at / 4096, block: Buffer.from(block) });
    }
  }
  return blocks;
}
