import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { observeMachine } from "../../server/src/disk/observe.ts";
import { Gathering } from "../../server/src/disk/remote/remote-gathering.ts";
import { RemoteMachine } from "../../server/src/disk/remote/remote-machine.ts";
import { remoteScript } from "../../server/src/disk/remote/remote-script.ts";
import { parseTranscript, TranscriptReader } from "../../server/src/disk/remote/transcript.ts";
import { factsToJson } from "../../server/src/disk/snapshot/serialize.ts";
import { askShell } from "../harness/ask-shell.ts";
import { buildImage } from "../harness/disk-builder.ts";

let folder: string;
let lines: readonly string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-transcript-"));
  for (const [i, fsType] of (["ext4", "xfs", "btrfs", "vfat", null] as const).entries()) {
    buildImage(join(folder, `guest-${i}`, "data.img"), { sizeMiB: 64, fsType, label: "label" });
  }
  buildImage(join(folder, "guest-0", "q.qcow2"), { sizeMiB: 64, format: "qcow2", fsType: "ext4" });
  const script = remoteScript(request(), "token");
  lines = askShell(["sh"], script, new Gathering(new TranscriptReader()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function request() {
  return { stateDir: folder, paths: [join(folder, "guest-0", "missing.img")], directories: [] };
}

async function read(answer: readonly string[]): Promise<string> {
  const machine = new RemoteMachine(parseTranscript(answer));
  const facts = await observeMachine(machine, request(), { host: "far", nowMs: 0 });
  return JSON.stringify(factsToJson(facts));
}

it("an undisturbed answer tells of all images", async () => {
  const facts = JSON.parse(await read(lines)) as { guests: { images: unknown[] }[] };
  expect(facts.guests.map(({ images }) => images.length)).toEqual([2, 1, 1, 1, 1]);
});

it("whatever the other side sends, nothing is thrown and little is kept", async () => {
  let state = 7;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  for (let round = 0; round < 300; round++) {
    const bad = [...lines];
    for (let change = 0; change < 5; change++) {
      const at = below(bad.length);
      const line = bad[at] ?? "";
      const kind = below(6);
      if (kind === 0) bad.splice(at, 1 + below(20));
      else if (kind === 1)
        bad[at] = line.replace(/\d+/, () => ["-1", "9".repeat(30), "1e9", "0x10", ""][below(5)] as string);
      else if (kind === 2) bad[at] = String.fromCharCode(65 + below(26)) + line.slice(1);
      else if (kind === 3) bad[at] = line.slice(0, below(line.length + 1));
      else if (kind === 4) bad.splice(at, 0, bad[below(bad.length)] ?? "", "*", "ffffffffff 00");
      else bad[at] = `\u001b[2J|${line}`;
    }
    await read(bad);
  }
});

it("a line of od that repeats without end is not believed", () => {
  const hostile = [
    "C /x",
    "B 0 999999999999",
    "000000 00 00",
    "*",
    "ffffffffff",
    "B 0 307200",
    `000000${" 41".repeat(16)}`,
    "*",
    "04b000",
  ];
  const many = Array.from({ length: 2000 }, () => hostile).flat();
  const before = process.memoryUsage().arrayBuffers;
  const transcript = parseTranscript(many);
  expect(transcript.contents.size).toBe(1);
  // 2000 × 300 KiB were asked for; at most 128 MiB are kept, and here each image begins anew.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(700 << 20);
});

it("an answer without anything leaves everything unknown", async () => {
  const facts = JSON.parse(await read([])) as { stateDirExists: boolean | null; unreadable: Record<string, unknown> };
  expect(facts.stateDirExists).toBeNull();
  expect(facts.unreadable["stateDirExists"]).toMatchObject({ reason: "unsupported" });
});
