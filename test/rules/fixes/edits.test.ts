import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../server/src/base/edit.ts";
import { render } from "../../../server/src/base/text.ts";
import { openWorkspace } from "../../harness/workspace.ts";

/** The first file's text after the fix of that id, or null when it is not offered. */
async function fixed(
  files: Readonly<Record<string, string>>,
  disk: readonly string[],
  id: string,
): Promise<Record<string, string> | null> {
  const workspace = await openWorkspace(Object.entries(files), { disk });
  try {
    const snapshot = await workspace.snapshot();
    const fix = snapshot.findings.flatMap((finding) => [...snapshot.fixes(finding)]).find((each) => each.id === id);
    if (fix?.kind !== "edit") return null;
    const names = [...new Set(fix.edits.map(({ span }) => span.file))];
    return Object.fromEntries(
      names.map((file) => {
        const edits = fix.edits.filter(({ span }) => span.file === file);
        return [workspace.name(file), applyEdits(snapshot.tree(file)?.text ?? "", edits)];
      }),
    );
  } finally {
    workspace.dispose();
  }
}

/** What is advised to be done by hand, by the fix's id. */
async function advised(files: Readonly<Record<string, string>>, disk: readonly string[]): Promise<Map<string, string>> {
  const workspace = await openWorkspace(Object.entries(files), { disk });
  try {
    const snapshot = await workspace.snapshot();
    const fixes = snapshot.findings.flatMap((finding) => [...snapshot.fixes(finding)]);
    return new Map(fixes.flatMap((fix) => (fix.kind === "manual" ? [[fix.id, render(fix.advice)]] : [])));
  } finally {
    workspace.dispose();
  }
}

function flake(modules: string): string {
  return `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm ${modules} ];
    };
  };
}
`;
}

const volume = `{ image = "data.img"; mountPoint = "/data"; size = 2048; }`;
const shorter = ["/var/lib/microvms/web/data.img raw 512MiB ext4"];
const notGrown = ["/var/lib/microvms/web/data.img raw 2048MiB ext4 fs=512MiB"];

/** `/web.nix` after the fix. */
async function webAfter(web: string, id: string, disk = shorter): Promise<string | undefined> {
  return (await fixed({ "/flake.nix": flake("./web.nix"), "/web.nix": web }, disk, id))?.["/web.nix"];
}

describe("where edits go", () => {
  it("finds a free name for an image that is written with a dot", async () => {
    const web = `{ ... }: { microvm.volumes = [ { image = "./data.img"; mountPoint = "/"; size = 2048; } ]; }\n`;
    expect(await webAfter(web, "new-image")).toBe(web.replace("./data.img", "./data-2.img"));
  });

  it("makes one set of a name that Nix computes: it would not merge two", async () => {
    const web = `{ ... }:
let
  dir = "/data";
in
{
  fileSystems."\${dir}".neededForBoot = true;
  microvm.volumes = [ ${volume} ];
}
`;
    expect(await webAfter(web, "grow-filesystem", notGrown)).toBe(
      web.replace(
        '."${dir}".neededForBoot = true;',
        '."${dir}" = {\n    neededForBoot = true;\n    autoResize = true;\n  };',
      ),
    );
  });

  it("keeps away from a name that may be the same and is not known", async () => {
    const web = `{ config, ... }: {
  fileSystems."\${config.other.dir}".neededForBoot = true;
  microvm.volumes = [ ${volume} ];
}
`;
    expect(await webAfter(web, "grow-at-start")).toBeUndefined();
    const another = web.replace("${config", "/mnt/${config");
    expect(await webAfter(another, "grow-at-start")).toContain('fileSystems."/data".autoResize = true;');
  });

  it.each([
    ["only declares options", `options.x = lib.mkOption { };`],
    ["sets its configuration under a condition", `options.x = lib.mkOption { }; config = lib.mkIf true { };`],
  ])("leaves a module alone that %s", async (_, body) => {
    const files = {
      "/flake.nix": `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.microvm
        ./options.nix
        { config.microvm.volumes = [ ${volume} ]; }
      ];
    };
  };
}
`,
      "/options.nix": `{ lib, ... }: { ${body} }\n`,
    };
    for (const id of ["guard", "grow-at-start"]) {
      expect((await fixed(files, shorter, id))?.["/options.nix"], id).toBeUndefined();
    }
  });

  it("leaves modules alone that other machines may have, and writes beside what is said of microvm", async () => {
    const files = {
      "/flake.nix": `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host ./locale.nix ./guests.nix ];
    };
  };
}
`,
      "/locale.nix": `{ ... }: { time.timeZone = "UTC"; }\n`,
      "/guests.nix": `{ lib, pkgs, ... }: {
  options.guests = lib.mkOption { };
  config = lib.mkIf true {
    microvm.vms.web.config = { imports = [ ./locale.nix { microvm.volumes = [ ${volume} ]; } ]; };
  };
}
`,
    };
    const service = await fixed(files, shorter, "cleanup-service");
    expect(Object.keys(service ?? {})).toEqual(["/guests.nix"]);
    expect(service?.["/guests.nix"]).toMatch(
      /; \};\n\n {4}# WARNING[\s\S]*\n {4}systemd\.services\."microvm-clean-web" = \{/,
    );
    for (const id of ["guard", "grow-at-start"]) {
      expect(Object.keys((await fixed(files, shorter, id)) ?? {}), id).toEqual(["/guests.nix"]);
    }
  });

  it("writes no guest's image name into a module that gives each guest another one", async () => {
    const files = {
      "/flake.nix": `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations = builtins.mapAttrs (name: disk: nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.microvm
        { microvm.volumes = [ { image = disk; mountPoint = "/"; size = 2048; } ]; }
      ];
    }) { web = "web.img"; db = "db.img"; };
  };
}
`,
    };
    const disk = ["/var/lib/microvms/web/web.img raw 512MiB ext4", "/var/lib/microvms/db/db.img raw 512MiB ext4"];
    for (const id of ["guard", "grow-at-start"]) expect(await fixed(files, disk, id), id).toBeNull();
    expect((await fixed(files, disk, "new-image"))?.["/flake.nix"]).toMatch(/"(web|db)-2\.img"/);
  });
});

describe("where nothing can be edited, the action says where to do it by hand", () => {
  const files = {
    "/flake.nix": `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations = builtins.mapAttrs (name: factor: nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.microvm
        {
          microvm.volumes = [ {
            image = "\${name}.img";
            mountPoint = "/";
            size = 512 * factor;
          } ];
        }
      ];
    }) { web = 2; db = 4; };
  };
}
`,
  };

  it("names the place, and who else takes the value from there", async () => {
    const disk = ["/var/lib/microvms/web/web.img raw 512MiB ext4", "/var/lib/microvms/db/db.img raw 2048MiB ext4"];
    const advice = await advised(files, disk);
    expect(advice.get("set-size")).toMatch(
      /^`size` is made at lens-fixture-\w+\/flake\.nix:10, for other volumes as well\./,
    );
    expect(advice.get("new-image")).toMatch(/^`image` is made at lens-fixture-\w+\/flake\.nix:8, for other volumes/);
    expect(advice.get("guard")).toContain(
      "Add to its `microvm.preStart`: [ ! -e 'web.img' ] || [ \"$(${config.microvm.vmHostPackages.coreutils}/bin/stat -L -c %s -- 'web.img')\" = 1073741824 ]",
    );
  });

  it("says that vfkit drops preStart", async () => {
    const guest = `{ microvm.hypervisor = "vfkit"; microvm.volumes = [ ${volume} ]; }`;
    const advice = await advised({ "/flake.nix": flake(guest) }, shorter);
    expect(advice.get("guard")).toContain("vfkit drops `microvm.preStart`");
  });

  it("says nothing of it where an edit is offered", async () => {
    const disk = ["/var/lib/microvms/web/data.img raw 512MiB ext4"];
    const alone = { "/flake.nix": flake(`{ microvm.volumes = [ ${volume} ]; }`) };
    expect([...(await advised(alone, disk)).keys()]).toEqual([]);
  });
});

describe("edits look like what is around them", () => {
  it.each([
    ["{...}: {", "{config, ...}: {"],
    ["{ ... }: {", "{ config, ... }: {"],
    ["{\n  ...\n}: {", "{\n  config,\n  ...\n}: {"],
    ["{ lib, ... }: {", "{ config, lib, ... }: {"],
    ["{ lib\n, ...\n}: {", "{ config, lib\n, ...\n}: {"],
    ["{\n  lib,\n  ...\n}: {", "{\n  config,\n  lib,\n  ...\n}: {"],
  ])("the head %j becomes %j", async (before, after) => {
    const text = await webAfter(`${before}\n  microvm.volumes = [ ${volume} ];\n}\n`, "guard");
    expect(text?.slice(0, after.length)).toBe(after);
  });

  it.each([
    ["4 * 1024", "1 * 1024"],
    ["1024 * 4", "1024 * 1"],
    ["2 * 2048", "1024"],
    ["4096", "1024"],
  ])("counts in GiB where the author does: %s becomes %s", async (before, after) => {
    const web = `{ ... }: { microvm.volumes = [ { image = "data.img"; mountPoint = "/data"; size = ${before}; } ]; }\n`;
    expect(await webAfter(web, "set-size", ["/var/lib/microvms/web/data.img raw 1024MiB ext4"])).toBe(
      web.replace(before, after),
    );
  });

  it("makes several lines of a preStart in double quotes", async () => {
    const text = await webAfter(
      `{ ... }: {
  microvm.preStart = "echo \\"it's\\" ''quoted''\\n\${"true"} \\\${x-}";
  microvm.volumes = [ ${volume} ];
}
`,
      "guard",
    );
    expect(text).toContain(`    fi
    echo "it's" '''quoted'''
    \${"true"} ''\${x-}
  '';
`);
  });

  it("puts an empty line where the neighbours have one", async () => {
    const apart = `{ config, ... }: {
  networking.hostName = "web";

  microvm.volumes = [ ${volume} ];

  services.openssh.enable = true;
}
`;
    expect(await webAfter(apart, "guard")).toContain("];\n\n  microvm.preStart = ''");
    expect(await webAfter(apart, "guard")).toContain("'';\n\n  services.openssh");
    expect(await webAfter(apart.replaceAll("\n\n", "\n"), "guard")).toContain("];\n  microvm.preStart = ''");
  });

  it.each([
    ["[ ", " ]", 'before = [ "microvm@web.service" ];'],
    ["[", "]", 'before = ["microvm@web.service"];'],
  ])("has blanks in lists as the file has them: %s1%s", async (open, close, expected) => {
    const files = {
      "/flake.nix": `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = ${open}microvm.nixosModules.host ./host.nix${close};
    };
  };
}
`,
      "/host.nix": `{ pkgs, ... }: {
  environment.systemPackages = ${open}pkgs.git${close};
  boot.kernelParams = ${open}"quiet"${close};
  microvm.vms.web.config.microvm.volumes = ${open}${volume}${close};
}
`,
    };
    expect((await fixed(files, shorter, "cleanup-service"))?.["/host.nix"]).toContain(expected);
  });

  it("lets the cleanup service follow the declared size, where the host makes the guest of a module", async () => {
    const host = (vm: string) => ({
      "/flake.nix": `{
  outputs = { self, nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm { microvm.volumes = [ ${volume} ]; } ];
    };
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host ({ pkgs, ... }: { microvm.vms.web${vm}; }) ];
    };
  };
}
`,
    });
    const module = await fixed(host(`.config.microvm.volumes = [ ${volume} ]`), shorter, "cleanup-service");
    expect(module?.["/flake.nix"]).toContain("config.microvm.vms.web.config.config.microvm.volumes");
    const byFlake = await fixed(host(".flake = self"), shorter, "cleanup-service");
    expect(byFlake?.["/flake.nix"]).toContain("size_mib=2048");
    expect(byFlake?.["/flake.nix"]).toContain("# Keep size_mib below in step with the volume's size.");
  });
});

describe("the size as on disk", () => {
  async function offered(disk: string) {
    const files = [
      ["/flake.nix", flake("./web.nix")],
      ["/web.nix", `{ networking.hostName = "web"; microvm.volumes = [ ${volume} ]; }`],
    ] as const;
    const workspace = await openWorkspace(files, { disk: [`/var/lib/microvms/web/data.img raw ${disk}`] });
    try {
      const snapshot = await workspace.snapshot();
      return snapshot.findings.flatMap((finding) => [...snapshot.fixes(finding)]);
    } finally {
      workspace.dispose();
    }
  }

  it.each([
    ["512MiB ext4", "review"],
    ["512MiB ext4 state=errors", "review"],
    ["4096MiB ext4", "safe"],
    ["4096MiB ext4 state=errors", "review"],
    ["1024MiB ext4 fs=2048MiB", undefined],
  ])("%s: %s", async (disk, safety) => {
    const fix = (await offered(disk)).find(({ id }) => id === "set-size");
    expect(fix?.kind === "edit" ? fix.safety : undefined).toBe(safety);
  });

  it("prefers growing where more is declared", async () => {
    const fixes = await offered("512MiB ext4");
    const preferred = fixes.filter((fix) => fix.kind === "operation" && fix.preferred);
    expect(preferred).toMatchObject([{ id: "grow" }]);
  });
});
