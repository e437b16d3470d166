import { describe, expect, test } from "vitest";
import type { DiskWatch, HostFacts, Probe, ProbeRequest } from "../../server/src/disk/facts.ts";
import { Observer } from "../../server/src/engine/observing.ts";

/** A probe that is answered by hand. */
class Manual implements Probe {
  readonly host = "a";
  readonly asked: { request: ProbeRequest; answer: (facts: HostFacts) => void }[] = [];
  readonly followed: ProbeRequest[] = [];
  watching: ((() => void) | null)[] = [];
  observe(request: ProbeRequest): Promise<HostFacts> {
    return new Promise((answer) => this.asked.push({ request, answer }));
  }
  watch(request: ProbeRequest, changed: () => void): DiskWatch {
    this.followed.push(request);
    const at = this.watching.push(changed) - 1;
    const stop = () => {
      this.watching[at] = null;
    };
    return { follow: (next) => this.followed.push(next), stop };
  }
}

const question = (...paths: string[]): ProbeRequest => ({ stateDir: "/s", paths, directories: [] });
const facts = (takenAtMs: number) => ({ host: "a", takenAtMs }) as HostFacts;

describe("observing one host", () => {
  test("asks once for the same question, and again when the disk changed", async () => {
    const probe = new Manual();
    const observer = new Observer(probe, false);
    const first = observer.observe(question("/x"));
    const second = observer.observe(question("/x"));
    expect(probe.asked).toHaveLength(1);
    probe.asked[0]?.answer(facts(1));
    expect(await first).toBe(await second);
    expect(observer.current(question("/x"))?.takenAtMs).toBe(1);
    observer.watch(question("/x"), () => {});
    probe.watching[0]?.();
    expect(observer.current(question("/x"))).toBeNull();
  });

  test("an answer that comes after a later question's is not kept", async () => {
    const probe = new Manual();
    const observer = new Observer(probe, false);
    const early = observer.observe(question("/x"));
    const late = observer.observe(question("/y"));
    probe.asked[1]?.answer(facts(2));
    await late;
    probe.asked[0]?.answer(facts(1));
    await early;
    expect(observer.current(question("/y"))?.takenAtMs).toBe(2);
    expect(observer.current(question("/x"))).toBeNull();
  });

  test("a change whose answer nobody waits for any longer is looked at by whoever asks next", async () => {
    const probe = new Manual();
    const observer = new Observer(probe, false);
    const known = observer.observe(question("/x"));
    probe.asked[0]?.answer(facts(1));
    await known;
    // The disk changes; the work for that is cancelled by newer work while the look is under way.
    observer.expire();
    const abort = new AbortController();
    const cancelled = observer.observe(question("/x"), abort.signal);
    expect(observer.current(question("/x"))).toBeNull();
    const newer = observer.observe(question("/x"));
    abort.abort();
    probe.asked[1]?.answer(facts(2));
    await cancelled;
    await expect.poll(() => probe.asked.length).toBe(3);
    probe.asked[2]?.answer(facts(3));
    expect((await newer).takenAtMs).toBe(3);
    expect(observer.current(question("/x"))?.takenAtMs).toBe(3);
  });

  test("a change of the disk while an answer is under way is not lost", async () => {
    const probe = new Manual();
    const observer = new Observer(probe, false);
    const before = observer.observe(question("/x"));
    observer.expire();
    const after = observer.observe(question("/x"));
    expect(probe.asked).toHaveLength(2);
    probe.asked[0]?.answer(facts(1));
    await before;
    expect(observer.current(question("/x"))).toBeNull();
    probe.asked[1]?.answer(facts(2));
    expect((await after).takenAtMs).toBe(2);
    expect(observer.current(question("/x"))?.takenAtMs).toBe(2);
  });

  test("whoever shares a question does not get the half answer of one who gave up", async () => {
    const probe = new Manual();
    const observer = new Observer(probe, false);
    const impatient = new AbortController();
    const first = observer.observe(question("/x"), impatient.signal);
    const second = observer.observe(question("/x"));
    impatient.abort();
    probe.asked[0]?.answer(facts(1));
    await first;
    await Promise.resolve();
    expect(probe.asked).toHaveLength(2);
    probe.asked[1]?.answer(facts(2));
    expect((await second).takenAtMs).toBe(2);
    expect(observer.current(question("/x"))?.takenAtMs).toBe(2);
  });

  test("a remote host is not asked at every keystroke", async () => {
    const probe = new Manual();
    let now = 0;
    const observer = new Observer(probe, true, () => now);
    const first = observer.observe(question("/x"));
    probe.asked[0]?.answer(facts(1));
    await first;
    expect(observer.current(question("/xy"))?.takenAtMs).toBe(1);
    now = 31_000;
    expect(observer.current(question("/xy"))).toBeNull();
  });

  test("another question is followed by the same watch, so that nothing is missed in between", () => {
    const probe = new Manual();
    const observer = new Observer(probe, false);
    observer.watch(question("/x"), () => {});
    observer.watch(question("/x"), () => {});
    observer.watch(question("/y"), () => {});
    expect(probe.watching).toHaveLength(1);
    expect(probe.followed.map(({ paths }) => paths)).toEqual([["/x"], ["/y"]]);
    observer.dispose();
    expect(probe.watching[0]).toBeNull();
  });
});
