import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { askNix } from "../../server/src/second-opinion/ask.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function flake(outputs: string): string {
  const folder = mkdtempSync(join(tmpdir(), "microvm-lens 'quoted'-"));
  folders.push(folder);
  writeFileSync(join(folder, "flake.nix"), `{ outputs = { self }: ${outputs}; }`);
  return folder;
}

describe("asking real Nix", () => {
  test("gives every guest's volumes, by configuration and by host", async () => {
    const folder = flake(`let
      volume = { image = "data.img"; size = 64; mountPoint = "/var"; fsType = "ext4"; label = null; };
      config = { networking.hostName = "web"; microvm = { hypervisor = "qemu"; writableStoreOverlay = null; volumes = [ volume ]; }; };
    in {
      nixosConfigurations.web = { inherit config; };
      nixosConfigurations.server = {
        config.microvm = { stateDir = "/srv"; vms.db = { config.config = config; flake = null; }; };
      };
    }`);
    const result = await askNix(folder);
    if (!result.ok) throw new Error(result.detail);
    const web = result.answer["web"]?.guest;
    expect(web?.volumes?.value[0]?.["size"]).toEqual({ value: 64 });
    expect(web?.volumes?.value[0]?.["label"]).toEqual({ value: null });
    expect(web?.volumes?.value[0]).not.toHaveProperty("serial");
    expect(result.answer["server"]?.vms["db"]?.hostName).toEqual({ value: "web" });
    expect(result.answer["server"]?.stateDir).toEqual({ value: "/srv" });
    expect(result.answer["server"]?.guest).toBeNull();
  });

  test("a value that throws is null, the others stay", async () => {
    const folder = flake(`{
      nixosConfigurations.web.config = {
        networking.hostName = throw "secret";
        microvm = { hypervisor = "qemu"; writableStoreOverlay = null; volumes = [ { image = "a.img"; size = throw "no"; } ]; };
      };
    }`);
    const result = await askNix(folder);
    if (!result.ok) throw new Error(result.detail);
    expect(result.answer["web"]?.guest?.hostName).toBeNull();
    expect(result.answer["web"]?.guest?.volumes?.value[0]).toEqual({ image: { value: "a.img" }, size: null });
  });

  test("an error of Nix is told in its own words", async () => {
    const result = await askNix(flake("{ nixosConfigurations = 1 + {}; }"));
    expect(result).toMatchObject({ ok: false, reason: "failed" });
    expect(result.ok ? "" : result.detail).toContain("error:");
  });

  test("a program that is not there", async () => {
    expect(await askNix(flake("{ }"), { nix: "nix-that-is-nowhere" })).toMatchObject({
      ok: false,
      reason: "nix-missing",
    });
  });

  test("an endless evaluation is ended at the time limit", async () => {
    const folder = flake(
      "{ nixosConfigurations = builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 900000000); }",
    );
    expect(await askNix(folder, { timeoutMs: 300 })).toMatchObject({ ok: false, reason: "timeout" });
  });

  test("a caller who has given up is answered at once", async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await askNix(flake("{ }"), { signal: controller.signal })).toMatchObject({ ok: false, reason: "cancelled" });
  });
});
