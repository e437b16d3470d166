import { spawn } from "node:child_process";
import { fstatSync, openSync, readSync, writeSync } from "node:fs";

/**
 * A program of its own: `recorder STORE LOG POINT` shows the file STORE as the file POINT (FUSE, whose root may be a
 * file), and writes down every write and every flush that reaches it, in order. A loop device on POINT is a disk whose
 * power can be cut at any instant afterwards: disk.ts reads the log.
 *
 * A record is a byte (1: write, 2: flush); a write goes on with its offset (8 bytes), length (4) and data.
 */
function main([store = "", log = "", point = ""]: readonly string[]): void {
  const device = openSync("/dev/fuse", "r+");
  const disk = openSync(store, "r+");
  const records = openSync(log, "a");
  // Not waited for: `mount` asks about the new root, and it is this process that answers.
  const options = `fd=3,rootmode=100000,user_id=0,group_id=0,max_read=${largest}`;
  spawn("mount", ["-i", "-t", "fuse", "-o", options, "cut", point], {
    stdio: ["ignore", "inherit", "inherit", device],
  });
  const request = Buffer.alloc(largest + 4096);
  for (;;) {
    let length: number;
    try {
      length = readSync(device, request, 0, request.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENODEV") return;
      if (code === "EINTR" || code === "EAGAIN" || code === "ENOENT") continue;
      // Before it is mounted.
      if (code === "EPERM") continue;
      throw error;
    }
    const answer = answerTo(request.subarray(0, length), disk, records);
    if (answer === null) continue;
    const header = Buffer.alloc(16);
    const body = typeof answer === "number" ? Buffer.alloc(0) : answer;
    header.writeUInt32LE(16 + body.length, 0);
    header.writeInt32LE(typeof answer === "number" ? -answer : 0, 4);
    request.copy(header, 8, 8, 16);
    try {
      writeSync(device, Buffer.concat([header, body]));
    } catch {
      // Whoever asked was interrupted.
    }
  }
}

const largest = 1 << 20;
const [nothing, notDone] = [0, 38];

/** What fuse.h of Linux wants as an answer: bytes, an errno, or no answer at all. */
function answerTo(request: Buffer, disk: number, records: number): Buffer | number | null {
  const body = request.subarray(40);
  switch (request.readUInt32LE(4)) {
    case 26: // init
      return initial();
    case 3: // getattr
    case 4: // setattr
      return attributes(disk);
    case 14: {
      // open: what is read is not kept by the kernel
      const answer = Buffer.alloc(16);
      answer.writeUInt32LE(1, 8);
      return answer;
    }
    case 15: {
      const answer = Buffer.alloc(body.readUInt32LE(16));
      return answer.subarray(0, readSync(disk, answer, 0, answer.length, Number(body.readBigUInt64LE(8))));
    }
    case 16: {
      const [offset, size] = [body.subarray(8, 16), body.subarray(16, 20)];
      const data = body.subarray(40, 40 + size.readUInt32LE(0));
      writeSync(disk, data, 0, data.length, Number(offset.readBigUInt64LE(0)));
      writeSync(records, Buffer.concat([Buffer.of(1), offset, size, data]));
      const answer = Buffer.alloc(8);
      answer.writeUInt32LE(data.length, 0);
      return answer;
    }
    case 20: // fsync
      writeSync(records, Buffer.of(2));
      return nothing;
    case 18: // release
    case 25: // flush, at each close(2): it does not reach a disk
    case 34: // access
    case 38: // destroy
      return nothing;
    case 2: // forget
    case 36: // interrupt
    case 42: // batch_forget
      return null;
    default:
      return notDone;
  }
}

function initial(): Buffer {
  const answer = Buffer.alloc(64);
  answer.writeUInt32LE(7, 0);
  answer.writeUInt32LE(31, 4);
  answer.writeUInt32LE(largest, 8);
  // Writes larger than a page, and as many pages as `largest` has.
  answer.writeUInt32LE((1 << 5) | (1 << 22), 12);
  answer.writeUInt16LE(16, 16);
  answer.writeUInt16LE(12, 18);
  answer.writeUInt32LE(largest, 20);
  answer.writeUInt32LE(1, 24);
  answer.writeUInt16LE(largest / 4096, 28);
  return answer;
}

function attributes(disk: number): Buffer {
  const answer = Buffer.alloc(104);
  answer.writeBigUInt64LE(3600n, 0);
  answer.writeBigUInt64LE(1n, 16);
  answer.writeBigUInt64LE(BigInt(fstatSync(disk).size), 24);
  answer.writeUInt32LE(0o100600, 16 + 60);
  answer.writeUInt32LE(1, 16 + 64);
  answer.writeUInt32LE(4096, 16 + 80);
  return answer;
}

main(process.argv.slice(2));
