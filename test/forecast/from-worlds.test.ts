import { expect, it } from "vitest";
import { planGuests } from "../../server/src/forecast/plan.ts";
import { contradictions } from "../harness/contradictions.ts";
import { openWorkspace } from "../harness/workspace.ts";

/** What played worlds (test/worlds) once showed to be forecast, found or offered wrongly: each kind in its smallest form. */
async function told(module: string, disk: readonly string[]) {
  const flake = `{
    outputs = { nixpkgs, microvm, ... }: {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        modules = [ microvm.nixosModules.host ({ config, lib, pkgs, ... }: { ${module} }) ];
      };
    };
  }`;
  const workspace = await openWorkspace([["/flake.nix", flake]], { disk: ["host server", ...disk] });
  try {
    const snapshot = await workspace.snapshot();
    const [forecast] = planGuests(snapshot.context);
    if (!forecast) throw new Error("no guest");
    expect(contradictions(snapshot, forecast)).toEqual([]);
    return {
      guest: forecast.verdict,
      volumes: forecast.volumes.map(({ outcome, reasons }) => `${outcome}: ${reasons[0]?.kind}`),
      fixes: snapshot.findings.flatMap((finding) => snapshot.fixes(finding).map(({ id }) => `${finding.rule} ${id}`)),
      findings: snapshot.findings.map(({ rule }) => rule),
      commands: snapshot.findings.flatMap((finding) =>
        snapshot.fixes(finding).flatMap((fix) => (fix.kind === "operation" ? [fix.command.join(" ")] : [])),
      ),
    };
  } finally {
    workspace.dispose();
  }
}

const guest = (words: string) => `microvm.vms.web.config = { ${words} };`;
const volume = (words: string) => `{ image = "a.img"; mountPoint = "/a"; size = 512; ${words} }`;
const volumes = (...all: readonly string[]) => `microvm.volumes = [ ${all.join(" ")} ];`;
const before = (script: string) =>
  `systemd.services.prepare = { before = [ "microvm@web.service" ]; requiredBy = [ "microvm@web.service" ];
    serviceConfig.Type = "oneshot"; script = ''${script}''; };`;
const folder = "/var/lib/microvms/web";

it("an image that root's unit makes is root's: the hypervisor cannot open it", async () => {
  const make = before(`\${pkgs.coreutils}/bin/truncate -s 512M ${folder}/a.img`);
  const made = await told(guest(volumes(volume(""))) + make, [`${folder}/`]);
  expect(made).toMatchObject({ guest: "does-not-start", volumes: ["no-start: not-permitted"] });
  expect(made.fixes).toContain("image-not-writable maker");
  expect(made.fixes).not.toContain("image-not-writable chown");
  const given = before(`\${pkgs.coreutils}/bin/truncate -s 512M ${folder}/a.img
    \${pkgs.coreutils}/bin/chown microvm:kvm ${folder}/a.img`);
  expect(await told(guest(volumes(volume(""))) + given, [`${folder}/`])).toMatchObject({ volumes: ["blank: blank"] });
});

it("a blank image below a read-only overlay is blank before it is read-only", async () => {
  const module = guest(`microvm.writableStoreOverlay = "/a"; ${volumes(volume("readOnly = true;"))}`);
  expect(await told(module, [`${folder}/a.img raw 512MiB blank`])).toMatchObject({
    guest: "does-not-start",
    volumes: ["blank: blank"],
  });
});

it("what is the same in both ways of starting is told of both", async () => {
  const sub = `systemd.tmpfiles.rules = [ "d ${folder}/sub 0755 microvm kvm -" ];`;
  const module = guest(volumes(volume("").replace("a.img", "sub/a.img"), volume("").replaceAll(/\ba\b/g, "b"))) + sub;
  const { volumes: words, findings } = await told(module, [`${folder}/`, `${folder}/b.img raw 512MiB ext4 free=1MiB`]);
  expect(words).toEqual(["unknown: may-change", "reuse: used"]);
  expect(findings).toContain("volume-nearly-full");
});

it("a start that is refused in one way and fails otherwise in the other is told", async () => {
  const sub = `systemd.tmpfiles.rules = [ "d ${folder}/sub 0755 root root -" ];`;
  const small = volume("").replace("a.img", "sub/b.img").replace("512", "0").replace('"/a"', '"/b"');
  const preStart = `microvm.preStart = "touch sub/flag";`;
  const disk = [`${folder}/a.img raw 512MiB ext4`, `${folder}/sub/`];
  await told(guest(preStart + volumes(volume(""), small)) + sub, disk);
});

it("another disk of another type keeps the guest from booting, one of the same does not", async () => {
  const disks = (type: string) => [`${folder}/a.img raw 512MiB ${type}`, `${folder}/b.img raw 512MiB ext4`];
  const two = (type: string) =>
    guest(`fileSystems."/b".device = "/dev/vdb";
      ${volumes(volume(`fsType = "${type}";`), volume("").replaceAll(/\ba\b/g, "b"))}`);
  expect(await told(two("xfs"), disks("xfs"))).toMatchObject({
    guest: "does-not-start",
    volumes: ["reuse: used", "shift: other-disk"],
  });
  expect(await told(two("ext4"), disks("ext4"))).toMatchObject({ guest: "starts-but" });
});

it("a label that udev escapes, or content that takes none, is not offered to be written", async () => {
  const labelled = (label: string) => guest(volumes(volume(`label = "${label}";`)));
  const relabel = "label-differs-from-image relabel";
  expect((await told(labelled("data"), [`${folder}/a.img raw 512MiB ext4`])).fixes).toContain(relabel);
  expect((await told(labelled("a/b"), [`${folder}/a.img raw 512MiB ext4`])).fixes).not.toContain(relabel);
  expect((await told(labelled("data"), [`${folder}/a.img raw 512MiB swap`])).fixes).not.toContain(relabel);
});

it("nothing is moved aside or made anew where the user microvm may not make files", async () => {
  const module = guest(volumes(volume("").replace("a.img", "sub/a.img")));
  const disk = (owner: string) => [`${folder}/`, `${folder}/sub/ ${owner}`, `${folder}/sub/a.img raw 256MiB ext4`];
  const ids = ["move-aside-at-start", "new-image", "cleanup-service"].map((id) => `size-differs-from-image ${id}`);
  const open = await told(module, disk("owner=990:302 mode=0755"));
  expect(open.fixes).toEqual(expect.arrayContaining(ids));
  const closed = await told(module, disk("owner=0:0 mode=0755"));
  for (const id of ids) expect(closed.fixes).not.toContain(id);
});

it("the directory that a script names is the guest's own when the guest starts", async () => {
  const preStart = `microvm.preStart = "mv ${folder}/a.img ${folder}/a.old";`;
  const disk = [`${folder}/ owner=0:0 mode=0755`, `${folder}/a.img raw 512MiB ext4`];
  expect(await told(guest(preStart + volumes(volume(""))), disk)).toMatchObject({ volumes: ["recreate: created"] });
});

it("a program that a service does not find by its bare name ends the start", async () => {
  const bare = before(`test -e ${folder}/a.img || { truncate -s 16M ${folder}/a.img; mkswap ${folder}/a.img; }`);
  const module = guest(volumes(volume("")));
  expect(await told(module + bare, [`${folder}/`])).toMatchObject({ volumes: ["no-start: refused"] });
  const path = bare.replace("serviceConfig.Type", "path = [ pkgs.util-linux ]; serviceConfig.Type");
  expect((await told(module + path, [`${folder}/`])).volumes).not.toEqual(["no-start: refused"]);
});

it("the type of a volume is not changed where the mount is told another one", async () => {
  const module = guest(`fileSystems."/a".fsType = "xfs"; ${volumes(volume(""))}`);
  const { findings, fixes } = await told(module, [`${folder}/a.img raw 512MiB ext4`]);
  expect(findings).toContain("fstype-differs-from-image");
  expect(fixes).not.toContain("fstype-differs-from-image set-fstype");
});

it("an image that a script makes blank is not made otherwise under another name", async () => {
  const script = `microvm.preStart = "truncate -s 512M a.img";`;
  const { volumes: words, fixes } = await told(guest(script + volumes(volume(""))), [`${folder}/`]);
  expect(words).toEqual(["blank: blank"]);
  expect(fixes).not.toContain("image-blank new-image");
});

it("xfs is grown at once where the guest does not grow it by itself", async () => {
  const words = async (more: string) => {
    const module = guest(`${more} ${volumes(volume('fsType = "xfs";'))}`);
    const { commands } = await told(module, [`${folder}/a.img raw 512MiB xfs free=4MiB`]);
    return commands.filter((command) => command.startsWith("image grow"));
  };
  expect(await words("")).toEqual([expect.stringMatching(/--mount$/)]);
  expect(await words('fileSystems."/a".autoResize = true;')).toEqual([expect.not.stringMatching(/--mount$/)]);
});

it("preStart that changes the directory leads the volume script elsewhere", async () => {
  const preStart = (text: string) => `microvm.preStart = "${text}";`;
  const module = (text: string) => guest(preStart(text) + volumes(volume("").replace("a.img", "sub/a.img")));
  const disk = [`${folder}/`, `${folder}/sub/`, `${folder}/sub/a.img raw 512MiB ext4`];
  expect(await told(module("cd sub"), disk)).toMatchObject({ volumes: ["unknown: may-change"] });
  expect(await told(module("( cd sub ); echo ready"), disk)).toMatchObject({ volumes: ["reuse: used"] });
});

it("a blank image that the guest formats itself is one that comes up", async () => {
  const module = guest(`fileSystems."/a".autoFormat = true; ${volumes(volume(""))}`);
  expect(await told(module, [`${folder}/a.img raw 512MiB blank`])).toMatchObject({
    guest: "starts",
    volumes: ["create: formats-itself"],
  });
});

it("an image of root's group is not the user microvm's; ext2 cannot grow by itself", async () => {
  const owned = await told(guest(volumes(volume(""))), [`${folder}/a.img raw 512MiB ext4 owner=0:0 mode=0660`]);
  expect(owned.volumes).toEqual(["no-start: not-permitted"]);
  const grown = guest(`fileSystems."/a".autoResize = true; ${volumes(volume('fsType = "ext2";'))}`);
  expect((await told(grown, [`${folder}/a.img raw 512MiB ext2`])).volumes).toEqual(["no-start: not-resizable"]);
});

it("a name with a slash at its end names no file, whoever makes it", async () => {
  const module = guest(volumes(volume("autoCreate = false;").replace("a.img", "a.img/")));
  const { volumes: words, findings } = await told(module, [`${folder}/a.img raw 512MiB ext4`]);
  expect(words).toEqual(["no-start: no-file-name"]);
  expect(findings).toContain("unsafe-name");
});

it("btrfs below 256 MiB and a read-only volume do not grow, and nobody offers it", async () => {
  const grown = (words: string) => guest(`fileSystems."/a".autoResize = true; ${volumes(volume(words))}`);
  const small = await told(grown('fsType = "btrfs";'), [`${folder}/a.img raw 200MiB btrfs fs=120MiB`]);
  expect(small.volumes).toEqual(["reuse: used"]);
  expect(small.findings).toContain("filesystem-smaller-than-image");
  expect(small.fixes.filter((each) => each.startsWith("filesystem-smaller"))).toEqual([]);
  const large = await told(grown('fsType = "btrfs";'), [`${folder}/a.img raw 512MiB btrfs fs=120MiB`]);
  expect(large.volumes).toEqual(["grow: grown"]);
  const fixed = await told(grown("readOnly = true;"), [`${folder}/a.img raw 512MiB ext4 fs=120MiB`]);
  expect(fixed.volumes).toEqual(["reuse: used"]);
});

it("nothing formats a disk that is too small for any filesystem", async () => {
  const module = guest(`microvm.preStart = ": > a.img"; fileSystems."/a".autoFormat = true; ${volumes(volume(""))}`);
  expect(await told(module, [`${folder}/a.img raw 8MiB blank`])).toMatchObject({
    guest: "does-not-start",
    volumes: ["blank: blank"],
  });
});

it("a mount point on a read-only volume may not be there", async () => {
  const module = (words: string) =>
    guest(volumes(volume(words), `{ image = "b.img"; mountPoint = "/a/b"; size = 512; }`));
  const disk = [`${folder}/a.img raw 512MiB ext4`, `${folder}/b.img raw 512MiB ext4`];
  expect((await told(module("readOnly = true;"), disk)).volumes).toEqual(["reuse: used", "unknown: below-read-only"]);
  expect((await told(module(""), disk)).volumes).toEqual(["reuse: used", "reuse: used"]);
});

it("a blank disk that is not mounted at start stays blank; letters that vfat lacks are refused", async () => {
  const left = guest(`fileSystems."/a".options = [ "noauto" ]; ${volumes(volume(""))}`);
  expect((await told(left, [`${folder}/a.img raw 512MiB blank`])).volumes).toEqual(["blank: blank-disk"]);
  const named = guest(volumes(volume('fsType = "vfat"; label = "\u6570\u636e";')));
  expect((await told(named, [`${folder}/`])).volumes).toEqual(["no-start: label-forbidden"]);
});

it("of two volumes with one label neither is known to be found; what has no mark is formatted", async () => {
  const two = guest(volumes(volume('label = "x";'), volume('label = "x";').replaceAll(/\ba\b/g, "b")));
  const disk = ["a", "b"].map((name) => `${folder}/${name}.img raw 512MiB ext4 label=x`);
  const { volumes: words, findings } = await told(two, disk);
  expect(words).toEqual(["unknown: label-twice", "unknown: label-twice"]);
  expect(findings.filter((rule) => rule === "label-invalid")).toHaveLength(1);
  const noise = guest(`fileSystems."/a".autoFormat = true; ${volumes(volume(""))}`);
  expect((await told(noise, [`${folder}/a.img raw 512MiB noise`])).volumes).toEqual(["recreate: formats-itself"]);
});
