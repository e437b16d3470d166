import { spawn } from "node:child_process";
import {
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
    return {
      stateDir,
      put,
      prune: (...more: readonly string[]) => run(["prune", "--declared", file, "--unseen", ...more]),
    };
  }

  test("tells date, size and reason, and does nothing without --yes or before its days", async () => {
    const { put, prune } = scene();
    put("data.img");
    const kept = put("data.img.before-grow");
    expect((await prune("--yes")).out).toBe("nothing to prune\n");
    const told = await prune("--keep-days", "0");
    expect(told.out).toMatch(/^remove \S+\.before-grow \(.+, since \d{4}-\d\d-\d\d\): the image before it was grown\n/);
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
      /into quarantine: \S+old\.img .+: nothing declares it/,
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
    expect(told.err).toMatch(/nothing goes to quarantine: what \S+current\/bin\/microvm-run names is not known/);
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
});
