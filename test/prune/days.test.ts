import { spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { quarantine } from "../../server/src/operations/quarantine.ts";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { declared, guest, volume } from "../declared/file.ts";
import { qcow2 } from "./qcow2.ts";

describe("prune by days", () => {
  function scene() {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-prune-")));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const stateDir = join(folder, "microvms");
    mkdirSync(join(stateDir, "web"), { recursive: true });
    const file = join(folder, "declared.json");
    writeFileSync(file, declared(stateDir, [guest("web", [volume()])]));
    const put = (name: string, days = 0) => {
      const path = join(stateDir, "web", name);
      writeFileSync(path, name);
      // A minute ago at least: what was before an image is older than that.
      const at = Date.now() / 1000 - days * 86_400 - 60;
      utimesSync(path, at, at);
      return path;
    };
    const declare = (text: string) => writeFileSync(file, text);
    return {
      stateDir,
      put,
      declare,
      prune: (...more: readonly string[]) => run(["prune", "--declared", file, "--unseen", ...more]),
    };
  }

  test("tells date, size and reason, and does nothing without --yes or before its days", async () => {
    const { put, prune } = scene();
    put("data.img");
    const kept = put("data.img.before-grow");
    expect((await prune("--yes")).out).toBe("nothing to prune\n");
    const told = await prune("--keep-days", "0");
    expect(told.out).toMatch(/^remove .+\.before-grow \(.+, since \d{4}-\d\d-\d\d\): the image before it was grown\n/);
    expect(existsSync(kept)).toBe(true);
    expect((await prune("--keep-days", "0", "--yes")).code).toBe(0);
    expect(existsSync(kept)).toBe(false);
  });

  test("keeps what was before while the image itself is missing or blank", async () => {
    const { put, prune, stateDir } = scene();
    const kept = put("data.img.aside");
    await prune("--keep-days", "0", "--yes");
    writeFileSync(join(stateDir, "web", "data.img"), Buffer.alloc(8192));
    await prune("--keep-days", "0", "--yes");
    expect(existsSync(kept)).toBe(true);
  });

  test("quarantine: told, given back by number or path, deleted after its days", async () => {
    const { put, prune, stateDir } = scene();
    const orphan = put("old.img", 90);
    // Its name is new: that counts like a change.
    expect((await prune("--unused-days", "60", "--yes")).out).toBe("nothing to prune\n");
    expect((await prune("--unused-days", "0", "--yes")).out).toMatch(
      /into quarantine: .+old\.img .+: nothing declares it/,
    );
    expect(existsSync(orphan)).toBe(false);
    const waiting = JSON.parse((await prune("--json")).out) as { quarantine: { id: string; path: string }[] };
    expect(schemaErrors("prune", waiting)).toEqual([]);
    expect(waiting.quarantine).toMatchObject([{ path: orphan }]);
    const id = waiting.quarantine[0]?.id ?? "";
    put("old.img");
    expect((await prune("--restore", id, "--yes")).err).toContain("there is a file at");
    rmSync(orphan);
    expect((await prune("--restore", id)).out).toContain("would get its place back");
    expect((await prune("--restore", id, "--yes")).code).toBe(0);
    expect([readFileSync(orphan, "utf8"), readdirSync(join(stateDir, ".microvm-lens-quarantine"))]).toEqual([
      "old.img",
      [],
    ]);
    await prune("--unused-days", "0", "--yes");
    expect((await prune("--quarantine-days", "0", "--yes")).out).toContain("delete from quarantine");
    expect([existsSync(orphan), readdirSync(join(stateDir, ".microvm-lens-quarantine"))]).toEqual([false, []]);
    expect((await prune("--restore", orphan, "--yes")).code).toBe(2);
  });

  test("says why nothing is called unused where a runner cannot be read", async () => {
    const { put, prune, stateDir } = scene();
    put("old.img");
    symlinkSync("/nix/store/gone", join(stateDir, "web", "current"));
    const told = await prune("--unused-days", "0", "--yes");
    expect(told.out).toBe("nothing to prune\n");
    expect(told.err).toMatch(/nothing goes to quarantine: what .+current\/bin\/microvm-run names is not known/);
  });

  test("a guest's directory that is a link leads to nobody's images", async () => {
    const { put, prune, stateDir } = scene();
    put("data.img");
    const elsewhere = join(dirname(stateDir), "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "theirs.img"), "theirs");
    rmSync(join(stateDir, "web"), { recursive: true });
    symlinkSync(elsewhere, join(stateDir, "web"));
    expect((await prune("--unused-days", "0", "--yes")).out).toBe("nothing to prune\n");
    expect(readdirSync(elsewhere)).toEqual(["theirs.img"]);
  });

  test("what is opened in the very moment has its place again", async () => {
    const { put, prune, stateDir } = scene();
    const orphan = put("old.img");
    const fd = openSync(orphan, "r");
    const holder = spawn("sleep", ["60"], { stdio: [fd, "ignore", "ignore"] });
    onTestFinished(() => void holder.kill("SIGKILL"));
    closeSync(fd);
    expect((await prune("--unused-days", "0", "--yes")).out).toBe("nothing to prune\n");
    const { dev, ino } = statSync(orphan);
    const why = quarantine(stateDir, orphan, { dev, ino }, { reason: "", nowMs: Date.now(), bytes: 0, unseen: true });
    expect(why?.id).toBe("operation.quarantine.taken");
    expect(readFileSync(orphan, "utf8")).toBe("old.img");
    expect(readdirSync(join(stateDir, ".microvm-lens-quarantine"))).toEqual([]);
  });

  test("keeps what was written to after the image in its place was made", async () => {
    const { put, prune } = scene();
    put("data.img");
    const kept = put("data.img.before-grow");
    // As a guest does that had it open where nobody could see it.
    const later = Date.now() / 1000 + 60;
    utimesSync(kept, later, later);
    expect((await prune("--keep-days", "0", "--yes")).out).toBe("nothing to prune\n");
    expect(existsSync(kept)).toBe(true);
  });

  test("takes nothing from a quarantine that is a link, and no folder that is not ours", async () => {
    const { put, prune, stateDir } = scene();
    const orphan = put("old.img");
    const elsewhere = join(dirname(stateDir), "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(stateDir, ".microvm-lens-quarantine"));
    expect((await prune("--unused-days", "0", "--yes")).code).toBe(2);
    expect([existsSync(orphan), readdirSync(elsewhere)]).toEqual([true, []]);
  });

  const everything = ["--keep-days", "0", "--unused-days", "0", "--quarantine-days", "0", "--yes"];

  test("what is declared cannot be read, or is of another version: nothing goes", async () => {
    const { put, prune, declare, stateDir } = scene();
    const files = ["data.img", "data.img.before-grow", "old.img"].map((name) => put(name));
    const whole = declared(stateDir, [guest("web", [volume()])]);
    for (const text of ["", whole.slice(0, whole.length - 9), whole.replace('"schema":1', '"schema":2')]) {
      declare(text);
      expect((await prune(...everything)).code).toBe(2);
    }
    expect((await run(["prune", "--declared", join(stateDir, "gone.json"), ...everything])).code).toBe(2);
    expect(files.every((path) => existsSync(path))).toBe(true);
  });

  test("while something that the host mounts there is not mounted, nothing goes", async () => {
    const { put, prune, declare, stateDir } = scene();
    const files = ["data.img", "data.img.before-grow", "old.img"].map((name) => put(name));
    const far = join(dirname(stateDir), "far");
    mkdirSync(far);
    symlinkSync(far, join(dirname(stateDir), "link"));
    const at = (mounts: readonly string[], image: string, dir = stateDir) =>
      declare(JSON.stringify({ ...JSON.parse(declared(dir, [guest("web", [volume({ image })])])), mounts }));
    for (const mounts of [[dirname(stateDir)], [stateDir], [join(stateDir, "web")]]) {
      at(mounts, "data.img");
      const told = await prune(...everything);
      expect([told.code, told.err]).toEqual([2, expect.stringContaining(`${mounts[0]} is not mounted`)]);
    }
    // Of an image elsewhere, and through a link.
    for (const image of [join(far, "x.img"), join(dirname(stateDir), "link", "x.img")]) {
      at([far], image);
      expect((await prune(...everything)).err).toContain(`${far} is not mounted`);
    }
    expect(files.every((path) => existsSync(path))).toBe(true);
    // What has nothing to do with it may be missing.
    at(["/mnt/other"], "data.img");
    expect((await prune(...everything)).code).toBe(0);
    expect(existsSync(files[1] as string)).toBe(false);
  });

  test("a state directory that is not there, or empty, frees nothing elsewhere", async () => {
    const { put, prune, declare, stateDir } = scene();
    put("data.img");
    const elsewhere = join(dirname(stateDir), "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "x.img"), "x");
    writeFileSync(join(elsewhere, "other.img"), "x");
    declare(declared(stateDir, [guest("web", [volume({ image: join(elsewhere, "x.img") })])]));
    rmSync(stateDir, { recursive: true });
    expect((await prune(...everything)).code).toBe(2);
    mkdirSync(stateDir);
    expect((await prune(...everything)).code).toBe(0);
    expect(readdirSync(elsewhere)).toEqual(["other.img", "x.img"]);
  });

  test("a clock that goes back makes nothing old", async () => {
    const { put, prune, stateDir } = scene();
    put("data.img");
    const kept = put("data.img.before-grow");
    const orphan = put("old.img");
    await prune("--unused-days", "0", "--yes");
    const now = Date.now;
    onTestFinished(() => {
      Date.now = now;
    });
    // Before these files were made.
    Date.now = () => now() - 400 * 86_400_000;
    expect((await prune(...everything)).out).toContain("nothing to prune");
    expect([existsSync(kept), readdirSync(join(stateDir, ".microvm-lens-quarantine")).length]).toEqual([true, 1]);
    Date.now = now;
    expect((await prune("--restore", orphan, "--yes")).code).toBe(0);
  });

  test("what scripts name stays, however deep: of units, of preStart and of runners, whose scripts are links", async () => {
    const { put, prune, declare, stateDir } = scene();
    const names = ["golden.img", "template.img", "${name}.img", "linked.img"];
    const files = names.map((name) => put(name));
    const store = join(dirname(stateDir), "store");
    mkdirSync(join(store, "runner", "bin"), { recursive: true });
    const script = (name: string, text: string) => {
      writeFileSync(join(store, name), `#!/bin/sh\n${text}\n`);
      return join(store, name);
    };
    const inner = script("inner", "cp golden.img data.img");
    const outer = script("outer", `exec ${inner}`);
    const pre = script("pre", "cp 'template.img' data.img; cp '${name}.img' x");
    const other = script("other", "mount -o loop linked.img /mnt");
    symlinkSync(other, join(store, "runner", "bin", "other"));
    writeFileSync(
      join(store, "runner", "bin", "microvm-run"),
      "#!/bin/sh\nexec /nix/store/q/bin/qemu-system-x86_64 -name x\n",
    );
    symlinkSync(join(store, "runner"), join(stateDir, "web", "current"));
    declare(declared(stateDir, [guest("web", [volume()], { hostCommands: [`+${outer} %i`], preStart: `. ${pre}` })]));
    const unused = put("unused.img");
    await prune("--unused-days", "0", "--yes");
    expect(names.filter((_, index) => !existsSync(files[index] as string))).toEqual([]);
    expect(existsSync(unused)).toBe(false);
  });

  test("what an image elsewhere has its content from, over several, stays", async () => {
    const { prune, put, declare, stateDir } = scene();
    const elsewhere = join(dirname(stateDir), "elsewhere");
    mkdirSync(elsewhere);
    const base = put("base.img");
    const middle = join(elsewhere, "middle.img");
    writeFileSync(middle, qcow2(base));
    writeFileSync(join(stateDir, "web", "data.img"), qcow2(middle));
    declare(declared(stateDir, [guest("web", [volume({ imageType: "qcow2" })])]));
    await prune("--unused-days", "0", "--yes");
    expect(existsSync(base)).toBe(true);
  });

  test("what is in quarantine stays there once something names it again", async () => {
    const { put, prune, declare, stateDir } = scene();
    const orphan = put("old.img");
    await prune("--unused-days", "0", "--yes");
    declare(declared(stateDir, [guest("web", [volume(), volume({ image: "old.img", mountPoint: null })])]));
    const told = await prune("--quarantine-days", "0", "--yes");
    expect(told.out).toContain("in quarantine: ");
    expect((await prune("--restore", orphan, "--yes")).code).toBe(0);
    expect(readFileSync(orphan, "utf8")).toBe("old.img");
  });

  test("a quarantine that somebody else made counts for nothing", async () => {
    const { prune, stateDir } = scene();
    const folder = join(stateDir, ".microvm-lens-quarantine");
    mkdirSync(join(folder, "x"), { recursive: true });
    const record = { version: 1, from: "/etc/cron.d/x", reason: "", at: "2020-01-01T00:00:00Z", bytes: 1 };
    writeFileSync(join(folder, "x", "entry.json"), JSON.stringify(record));
    writeFileSync(join(folder, "x", "content"), "x");
    expect((await prune()).out).toContain("/etc/cron.d/x");
    if (process.geteuid?.() !== 0) return;
    chownSync(folder, 4711, 4711);
    expect((await prune()).out).toBe("nothing to prune\n");
    expect((await prune("--restore", "x", "--yes")).code).toBe(2);
  });

  test.skipIf(process.geteuid?.() !== 0)("from another file system nothing is copied into quarantine", async () => {
    const { prune, stateDir } = scene();
    const web = join(stateDir, "web");
    if (spawnSync("mount", ["-t", "tmpfs", "none", web]).status !== 0) return;
    onTestFinished(() => void spawnSync("umount", [web]));
    writeFileSync(join(web, "old.img"), "x");
    const told = await prune("--unused-days", "0", "--yes");
    expect([told.code, told.err]).toEqual([
      2,
      expect.stringContaining("lies on another file system than the quarantine"),
    ]);
    expect(readdirSync(web)).toEqual(["old.img"]);
    expect(readdirSync(join(stateDir, ".microvm-lens-quarantine"))).toEqual([]);
  });
});
