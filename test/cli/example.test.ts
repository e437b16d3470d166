import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { images, makeExample } from "../../scripts/lib/example.mjs";
import { writeExampleImage } from "../../scripts/write-example-image.mjs";
import { run } from "./run.ts";
import { schemaErrors } from "./schemas.ts";
import { exampleWorkspace } from "./workspace.ts";

/** The example with its images, made without mkfs. */
async function example(): Promise<string> {
  const folder = exampleWorkspace();
  for (const { guest, image, sizeMiB, label } of images) {
    mkdirSync(join(folder, "state", guest), { recursive: true });
    await writeExampleImage({ path: join(folder, "state", guest, image), sizeMiB, label });
  }
  return folder;
}

const disk = ["--state-dir", "state"];

describe("check on the example", () => {
  test("tells both sizes, that one is ignored, and at least four fixes", async () => {
    const { code, out } = await run(["check", ...disk], { cwd: await example() });
    expect(code).toBe(1);
    const block = out.split("\n\n").find((part) => part.includes("[size-differs-from-image]")) as string;
    expect(block).toMatch(/^guests\/build\.nix:13:16: warning: /);
    for (const words of ["512 MiB", "2048 MiB", "ignored"]) expect(block).toContain(words);
    expect(block.match(/^ +[=] (fix|by hand)/gm)?.length).toBeGreaterThanOrEqual(4);
    expect(block).toMatch(/13 \| +size = 2048;\n +\| +\^\^\^\^\n/);
    expect(out).toMatch(/^guests\/db\.nix:9:16: error: .*\[fstype-differs-from-image\]$/m);
    expect(out).not.toContain("guests/web.nix");
  });

  test("says the same where there is a user microvm, whoever made the images", async () => {
    const cwd = exampleWorkspace();
    await makeExample(join(cwd, "state"));
    const snapshot = JSON.parse((await run(["scan", "--json", ...disk], { cwd })).out);
    const said = async (microvmUser: object | null) => {
      writeFileSync(join(cwd, "host.json"), JSON.stringify({ ...snapshot, microvmUser }));
      return (await run(["check", "--snapshot", "host.json"], { cwd })).out;
    };
    expect(await said({ uid: 990, gid: 302 })).toBe(await said(null));
  });

  test("fails only from the severity on that was asked for", async () => {
    const cwd = await example();
    const code = async (...argv: string[]) => (await run(["check", ...disk, ...argv], { cwd })).code;
    expect(await code("--fail-on", "never")).toBe(0);
    expect(await code("--fail-on", "warning", "guests/build.nix")).toBe(1);
    expect(await code("guests/build.nix")).toBe(0);
    expect(await code("guests/web.nix", "--fail-on", "hint")).toBe(0);
    expect(await code("--set", "fstype-differs-from-image=off")).toBe(0);
    expect(await code("--set", "size-differs-from-image=error", "guests/build.nix")).toBe(1);
  });

  test("writes json, sarif and annotations about the same findings", async () => {
    const cwd = await example();
    const json = JSON.parse((await run(["check", "--json", ...disk], { cwd })).out);
    expect(schemaErrors("check", json)).toEqual([]);
    const ids = json.findings.map((finding: { rule: string }) => finding.rule);
    const sarif = JSON.parse((await run(["check", "--format", "sarif", ...disk], { cwd })).out);
    expect(sarif.runs[0].results.map((result: { ruleId: string }) => result.ruleId)).toEqual(ids);
    const github = (await run(["check", "--format", "github", ...disk], { cwd })).out;
    expect(github.trimEnd().split("\n")).toHaveLength(ids.length);
    expect(json.findings.find((each: { rule: string }) => each.rule === "size-differs-from-image")).toMatchObject({
      file: "guests/build.nix",
      line: 13,
      column: 16,
      endColumn: 20,
      guests: ["build"],
    });
  });

  test("finds the same with a snapshot, far from the disk", async () => {
    const cwd = await example();
    const { code, out } = await run(["scan", "--json", ...disk], { cwd });
    expect(code).toBe(0);
    expect(schemaErrors("scan", JSON.parse(out))).toEqual([]);
    const here = await run(["check", "--json", ...disk], { cwd });
    writeFileSync(join(cwd, "atlas.json"), out.replace(/"host": "[^"]*"/, '"host": "atlas"'));
    rmSync(join(cwd, "state"), { recursive: true });
    const there = await run(["check", "--json", "--snapshot", "atlas.json"], { cwd });
    expect(there).toEqual({ ...here, err: "" });
    expect(here.code).toBe(1);
  });

  test("is silent about disks without a state directory, and says what was not judged", async () => {
    const { code, out, err } = await run(["check", "--state-dir", "nowhere"], { cwd: exampleWorkspace() });
    expect({ code, out }).toEqual({ code: 2, out: "Nothing to report in 3 guests, 4 volumes not judged.\n" });
    expect(err.match(/does not exist/g)).toHaveLength(1);
  });

  test("takes a state directory full of other things", async () => {
    const cwd = await example();
    const image = join(cwd, "state", "build", "nix-store-overlay.img");
    rmSync(image);
    mkdirSync(image);
    writeFileSync(join(cwd, "state", "notes.txt"), "hello");
    execFileSync("mkfifo", [join(cwd, "state", "db", "pipe.img")]);
    const { code, out } = await run(["check", ...disk, "guests/build.nix"], { cwd });
    expect(code).not.toBe(2);
    expect(out).not.toContain("size-differs-from-image");
  });
});

describe("plan on the example", () => {
  test("says what the next start does with each volume", async () => {
    const { code, out } = await run(["plan", ...disk], { cwd: await example() });
    expect(code).toBe(0);
    expect(out).toMatch(/nix-store-overlay\.img +\/nix\/\.rw-store +reuse +2048 MiB ext4 +512 MiB ext4/);
    expect(out).toContain("ignored");
    expect(out).toMatch(/postgresql\.img .* not mount /);
  });

  test("asks whether another guest was meant", async () => {
    const { code, err } = await run(["plan", "buid", ".", "--why", ...disk], { cwd: await example() });
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("did you mean build?") });
  });

  test("says that missing images are created", async () => {
    const cwd = await example();
    rmSync(join(cwd, "state", "build", "nix-store-overlay.img"));
    const plan = JSON.parse((await run(["plan", "--json", ...disk], { cwd })).out);
    expect(schemaErrors("plan", plan)).toEqual([]);
    expect(plan.summary).toEqual({ create: 1, reuse: 2, "not-mount": 1 });
  });

  test("against a revision shows only what the edit changes", async () => {
    const cwd = await example();
    const git = (...argv: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...argv], { cwd });
    git("init", "-q");
    git("add", "flake.nix", "guests", "hosts", "lib");
    git("commit", "-q", "-m", "before");
    expect((await run(["plan", "--against", "HEAD", ...disk], { cwd })).out).toBe(
      "The next start does the same as with HEAD.\n",
    );
    const file = join(cwd, "guests", "build.nix");
    writeFileSync(file, readFileSync(file, "utf8").replace("nix-store-overlay.img", "overlay-2.img"));
    const { out } = await run(["plan", "--against", "HEAD", ...disk], { cwd });
    expect(out).toMatch(/^build overlay-2\.img.*\n {2}\+ create: /m);
    expect(out).toMatch(/^build nix-store-overlay\.img.*\n {2}- reuse: .*\n {2}\+ no longer declared/m);
    expect(out).not.toContain("photos.img");
    const json = JSON.parse((await run(["plan", "--json", "--against", "HEAD", ...disk], { cwd })).out);
    expect(schemaErrors("plan", json)).toEqual([]);
    expect(json.changes).toHaveLength(2);
    expect(
      json.changes.map((change: { before: { file: string | null } | null }) => change.before?.file ?? null),
    ).toEqual([null, null]);
    expect((await run(["plan", "--against", "nonsense", ...disk], { cwd })).err).toContain(
      '"nonsense" is not a revision of',
    );
  });
});

describe("inspect on the example", () => {
  test("prints every guest with every value", async () => {
    const { code, out, err } = await run(["inspect", "--json"], { cwd: exampleWorkspace() });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const document = JSON.parse(out);
    expect(schemaErrors("inspect", document)).toEqual([]);
    const build = document.guests.find((guest: { name: string }) => guest.name === "build");
    expect(build).toMatchObject({
      name: "build",
      nameFrom: "microvm.vms",
      host: "atlas",
      hostName: "build",
      stateDir: "/var/lib/microvms",
      directories: ["/var/lib/microvms/build"],
      hypervisor: "cloud-hypervisor",
      storeOnDisk: false,
      writableStoreOverlay: "/nix/.rw-store",
      complete: true,
      unknown: [],
    });
    expect(build.volumes).toEqual([
      {
        image: "nix-store-overlay.img",
        path: "/var/lib/microvms/build/nix-store-overlay.img",
        sizeMiB: 2048,
        mountPoint: "/nix/.rw-store",
        fsType: "ext4",
        label: null,
        autoCreate: true,
        readOnly: false,
        serial: null,
        direct: false,
        imageType: "raw",
        mkfsExtraArgs: [],
        conditional: false,
        file: "guests/build.nix",
        line: 9,
        column: 7,
        unknown: {},
      },
    ]);
    expect(document.guests.map((guest: { name: string }) => guest.name).sort()).toEqual(["build", "db", "web"]);
  });

  test("prints a table for people", async () => {
    const { out } = await run(["inspect"], { cwd: exampleWorkspace() });
    expect(out).toMatch(/^ {2}nix-store-overlay\.img +\/nix\/\.rw-store +2048 MiB +ext4$/m);
  });
});

describe("fix on the example", () => {
  test("leaves alone what somebody raised: that wants to be grown", async () => {
    const cwd = await example();
    const { code } = await run(["fix", "--rule", "size-differs-from-image", ...disk], { cwd });
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, "guests", "build.nix"), "utf8")).toContain("size = 2048;");
  });

  test("--dry-run changes nothing, and what it prints can be applied", async () => {
    const cwd = await example();
    const file = lowered(cwd);
    const before = readFileSync(file, "utf8");
    const { code, out } = await run(["fix", "--dry-run", "--rule", "size-differs-from-image", ...disk], { cwd });
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(out).toContain("-        size = 256;\n+        size = 512;\n");
    execFileSync("git", ["apply", "-"], { cwd, input: out });
    expect(readFileSync(file, "utf8")).toBe(before.replace("size = 256;", "size = 512;"));
    expect((await run(["check", ...disk, "guests/build.nix", "--fail-on", "hint"], { cwd })).code).toBe(0);
  });

  test("applies what is safe and says so", async () => {
    const cwd = await example();
    lowered(cwd);
    const { code, out } = await run(["fix", "--rule", "size-differs-from-image", ...disk], { cwd });
    expect({ code, out }).toEqual({ code: 0, out: "fixed guests/build.nix\n" });
    expect(readFileSync(join(cwd, "guests", "build.nix"), "utf8")).toContain("size = 512;");
    expect((await run(["fix", "--rule", "no-such-rule"], { cwd })).code).toBe(2);
  });
});

/** Declares less than is on disk, which no start can make true: then the number is what is wrong. Returns the file. */
function lowered(cwd: string): string {
  const file = join(cwd, "guests", "build.nix");
  writeFileSync(file, readFileSync(file, "utf8").replace("size = 2048;", "size = 256;"));
  return file;
}

describe("report on the example", () => {
  test("writes one page with every image and finding", async () => {
    const cwd = await example();
    const { code, err } = await run(["report", "--html", "page.html", ...disk], { cwd });
    expect({ code, err }).toEqual({ code: 0, err: "wrote page.html\n" });
    const html = readFileSync(join(cwd, "page.html"), "utf8");
    for (const { image } of images) expect(html).toContain(`>${image}</code>`);
    for (const words of ["guests/build.nix:13:16", "size-differs-from-image", "512 MiB", "2 GiB"]) {
      expect(html).toContain(words);
    }
    expect((await run(["report"], { cwd })).code).toBe(2);
    expect((await run(["report", "--html", "nowhere/page.html", ...disk], { cwd })).err).toContain(
      "nowhere/page.html: ",
    );
  });
});
