import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { SlowFileSystem } from "../../server/src/disk/local/slow.ts";

/** Keeps this thread from hearing anything, as a large evaluation does. */
function keepBusy(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it("takes an answer that came while this thread was busy", async () => {
  const slow = new SlowFileSystem("/x", 400);
  const answer = slow.run(async () => {
    await sleep(1);
    await sleep(1);
    return { state: "seen" as const, value: 5, by: "stat" };
  });
  keepBusy(1_000);
  expect(await answer).toEqual({ state: "seen", value: 5, by: "stat" });
});

it("waits no longer than its limit for a file system that does not answer", async () => {
  const slow = new SlowFileSystem("/x", 40);
  let answer = (): void => {};
  const hung = new Promise<void>((wake) => {
    answer = wake;
  });
  const never = slow.run(() => hung.then(() => ({ state: "seen" as const, value: 5, by: "stat" })));
  expect(await never).toMatchObject({ state: "unreadable", reason: "timeout" });
  answer();
});
