import {
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needRoot, needTools } from "../host/tools.ts";
import { hashInside, makeImage, soundExt } from "../operations/images.ts";
import { aHost, type Host } from "./start.ts";

const ready = needTools("nix-instantiate", "mkfs.ext4", "resize2fs", "debugfs") && needRoot();
const MiB = 1024 * 1024;
const web = { microvm: { volumes: [{ image: "data.img", mountPoint: "/data", size: 64 }] } };
const own = (size: number, more: object = {}) => ({
  lab: {
    microvm: {
      writableStoreOverlay: "/nix/.rw-store",
      volumes: [
        { image: "lab.img", mountPoint: "/lab", size, label: "lab" },
        { image: "rw.img", mountPoint: "/nix/.rw-store", size: 32 },
      ],
    },
    ...more,
  },
});
const lens = { enable: true, grow: { enable: true }, guard: { enable: true }, ephemeral: { storeOverlay: "start" } };

function command(host: Host, ...words: readonly string[]) {
  return host.run(`exec microvm-lens "$@" --declared /etc/microvm-lens/declared.json`, ...words);
}

/** Guests that the host's configuration does not name: `microvm -c`, with microvm-lens.nixosModules.guest. */
describe.skipIf(!ready)("guests deployed on their own", () => {
  test.each([{ old: false }, { old: true }])(
    "are grown, renewed and guarded by what their own runner says (no binScripts: $old)",
    (more) => {
      const host = aHost("lab");
      const image = join(host.folder, "lab.img");
      host.switchTo({ lens, guests: { web }, own: own(32, more) });
      expect(host.start("lab")).toEqual({ started: true, said: ["lab: nothing keeps it from starting"] });
      const hash = hashInside(image);
      // `microvm -u`: the host is what it was.
      host.switchTo({ lens, guests: { web }, own: own(128, more) });
      expect(host.start("lab")).toEqual({
        started: true,
        said: [
          "lab: …/rw.img is recreated by this start; the old one is removed",
          "lab: …/lab.img is grown from 32 MiB to the declared 128 MiB; the old image stays as …/lab.img.before-grow",
          "lab: nothing keeps it from starting",
        ],
      });
      expect([statSync(image).size, hashInside(image), soundExt(image)]).toEqual([128 * MiB, hash, true]);
      makeImage(image, "ext4", 128, ["-L", "other"]);
      expect(host.start("lab").said.at(-1)).toContain('the filesystem is labelled "other"');
      expect(host.start("lab").started).toBe(false);
    },
  );

  test("by the host's settings for this one guest, and no other one", () => {
    const host = aHost("lab");
    const lensOf = { enable: true, guests: { lab: { volumes: { "lab.img": { grow: { enable: true } } } } } };
    host.switchTo({ lens: lensOf, guests: { web }, own: { ...own(32), other: own(32).lab } });
    for (const name of ["lab", "other"]) host.start(name);
    host.switchTo({ lens: lensOf, guests: { web }, own: { ...own(64), other: own(64).lab } });
    for (const name of ["lab", "other"]) expect(host.start(name).started).toBe(true);
    const sizes = ["lab", "other"].map((name) => statSync(join(host.stateDir, name, "lab.img")).size / MiB);
    expect(sizes).toEqual([64, 32]);
    expect(statSync(join(host.folder, "rw.img")).size).toBe(32 * MiB);
  });

  test("without it: nothing is known of their volumes, which is said, and everything of them stays", () => {
    const host = aHost("lab");
    host.switchTo({ lens: { ...lens, gate: { enable: true } }, guests: { web }, own: own(32) });
    host.start("lab");
    rmSync(join(host.folder, "current", "bin", "microvm-lens-guest"));
    writeFileSync(join(host.folder, "unused.img"), "x");
    writeFileSync(join(host.folder, "lab.img.before-grow"), "x");
    const before = readdirSync(host.folder);
    expect(host.start("lab")).toEqual({ started: true, said: [] });
    for (const words of [
      ["prune", "--keep-days", "0", "--unused-days", "0", "--unseen", "--yes"],
      ["image", "grow"],
      ["plan"],
    ]) {
      expect([words, command(host, ...words).err]).toEqual([
        words,
        expect.stringMatching(
          /lab: it is deployed on its own, without \S+nixosModules\.guest: its volumes are not known/,
        ),
      ]);
    }
    expect(readdirSync(host.folder)).toEqual(before);
    expect(command(host, "start-check", "lab")).toMatchObject({ code: 2 });
  });

  test("prune takes what such a guest left, and nothing that its current, booted or old runner names", () => {
    const host = aHost("lab");
    host.switchTo({ lens, guests: { web }, own: own(32) });
    host.start("lab");
    const put = (name: string) => writeFileSync(join(host.folder, name), name);
    // Three runners, of which each names one image that the others do not.
    const renamed = (image: string) => {
      const { lab } = own(32);
      const [first, ...rest] = lab.microvm.volumes;
      return { lab: { microvm: { ...lab.microvm, volumes: [{ ...first, image }, ...rest] } } };
    };
    for (const link of ["old", "booted"]) {
      host.switchTo({ lens, guests: { web }, own: renamed(`${link}.img`) });
      const runner = readlinkSync(join(host.folder, "current"));
      // What only the JSON says, not the runner's script.
      writeFileSync(
        join(runner, "bin", "microvm-run"),
        "#!/bin/sh\nexec /nix/store/q/bin/qemu-system-x86_64 -name x\n",
      );
      symlinkSync(runner, join(host.folder, link));
      put(`${link}.img`);
    }
    host.switchTo({ lens, guests: { web }, own: own(32) });
    put("unused.img");
    put("lab.img.before-grow");
    // An old image that was written to after its successor was made stays.
    utimesSync(join(host.folder, "lab.img.before-grow"), 1e9, 1e9);
    const { code, out, err } = command(host, "prune", "--keep-days", "0", "--unused-days", "0", "--unseen", "--yes");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("unused.img");
    expect(readdirSync(host.folder).sort()).toEqual([
      "booted",
      "booted.img",
      "current",
      "lab.img",
      "old",
      "old.img",
      "rw.img",
    ]);
  });

  test("what stands there counts only where root made the link", () => {
    const host = aHost("lab");
    host.switchTo({ lens, guests: { web }, own: own(32) });
    host.start("lab");
    host.switchTo({ lens, guests: { web }, own: own(64) });
    lchownSync(join(host.folder, "current"), 4711, 4711);
    expect(host.start("lab").said.join()).toContain("its link current is not root's");
    expect(statSync(join(host.folder, "lab.img")).size).toBe(32 * MiB);
  });

  test("a broken word of it stops nobody, and frees nothing", () => {
    const host = aHost("lab");
    host.switchTo({ lens, guests: { web }, own: own(32) });
    host.start("lab");
    const place = join(host.folder, "current", "bin", "microvm-lens-guest");
    const whole = readFileSync(place, "utf8");
    mkdirSync(join(host.stateDir, "web"), { recursive: true });
    writeFileSync(join(host.stateDir, "web", "unused.img"), "x");
    for (const words of ["", whole.slice(0, whole.length / 2), whole.replace('"schema":1', '"schema":7')]) {
      writeFileSync(place, words);
      expect(host.start("lab").started).toBe(true);
      const { out } = command(host, "prune", "--keep-days", "0", "--unused-days", "0", "--unseen", "--yes");
      expect(out).toBe("nothing to prune\n");
    }
  });

  test("a switch of the host is not stopped by them", () => {
    const host = aHost("lab");
    host.switchTo({ lens, guests: { web }, own: own(32) });
    makeImage(join(host.folder, "lab.img"), "blank", 32);
    expect(command(host, "plan", "--fail-on-broken").code).toBe(0);
    expect(command(host, "plan", "lab", "--fail-on-broken").code).toBe(1);
  });
});
