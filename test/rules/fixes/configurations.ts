import fc from "fast-check";

/** A configuration as people write them, and a disk that does not fit it. */
export interface Configuration {
  readonly files: ReadonlyMap<string, string>;
  readonly disk: readonly string[];
}

/** How the files are laid out. */
interface Layout {
  readonly unit: "  " | "\t" | "    ";
  readonly crlf: boolean;
  readonly finalNewline: boolean;
}

/** One volume: what it is, and how it is written. */
interface VolumePlan {
  readonly name: string;
  readonly size: number;
  readonly fsType: string | null;
  readonly label: boolean;
  readonly mountPoint: string;
  readonly oneLine: boolean;
  readonly comment: "none" | "above" | "behind" | "block" | "last";
  readonly order: number;
  readonly sizeBy: "literal" | "let" | "inherit" | "product";
  readonly recursive: boolean;
  readonly disk: "other-size" | "longer" | "other-type" | "other-label" | "blank" | "not-grown" | "absent";
}

interface GuestPlan {
  readonly volumes: readonly VolumePlan[];
  readonly head: string;
  readonly list: "plain" | "nested" | "mkForce" | "mkIf" | "mkMerge" | "joined" | "config" | "one-line";
  readonly preStart: "none" | "lines" | "one-line" | "quoted" | "mkBefore" | "nested";
  readonly fileSystems: "none" | "path" | "set" | "entry";
  readonly overlay: boolean;
  readonly bindingsApart: boolean;
}

const sizes = [256, 512, 1024, 2048, 4096];

const volume: fc.Arbitrary<Omit<VolumePlan, "name" | "mountPoint">> = fc.record({
  size: fc.constantFrom(...sizes),
  fsType: fc.constantFrom(null, "ext4", "xfs", "btrfs", "vfat"),
  label: fc.boolean(),
  oneLine: fc.boolean(),
  comment: fc.constantFrom("none", "above", "behind", "block", "last"),
  order: fc.nat(5),
  sizeBy: fc.constantFrom("literal", "literal", "let", "inherit", "product"),
  recursive: fc.boolean(),
  disk: fc.constantFrom("other-size", "longer", "other-type", "other-label", "blank", "not-grown", "absent"),
});

const guest: fc.Arbitrary<GuestPlan> = fc.record({
  volumes: fc.array(volume, { minLength: 1, maxLength: 3 }).map((plans) =>
    plans.map((plan, index) => ({
      ...plan,
      name: `${["data", "my files", "log-1"][index]}.img`,
      mountPoint: ["/var", "/srv/my files", "/log"][index] as string,
    })),
  ),
  head: fc.constantFrom(
    "{ config, lib, ... }:",
    "{ lib, ... }:",
    "{ lib, pkgs, ... }@args:",
    "{ pkgs\n, lib\n, ...\n}:",
    "{\n  lib,\n  pkgs,\n  ...\n}:",
    "{ lib, ... }: with lib;",
    "args@{ lib, ... }:",
  ),
  list: fc.constantFrom("plain", "nested", "mkForce", "mkIf", "mkMerge", "joined", "config", "one-line"),
  preStart: fc.constantFrom("none", "none", "lines", "one-line", "quoted", "mkBefore", "nested"),
  fileSystems: fc.constantFrom("none", "none", "path", "set", "entry"),
  overlay: fc.boolean(),
  bindingsApart: fc.boolean(),
});

/** Generates flakes with one to three guests, on their own or on a host. */
export const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    guests: fc.array(guest, { minLength: 1, maxLength: 3 }),
    onHost: fc.boolean(),
    shared: fc.boolean(),
    layout: fc.record({
      unit: fc.constantFrom("  " as const, "\t" as const, "    " as const),
      crlf: fc.boolean(),
      finalNewline: fc.boolean(),
    }),
  })
  .map(({ guests, onHost, shared, layout }) => {
    const names = guests.map((_, index) => ["web", "db", "mail-1"][index] as string);
    const files = new Map<string, string>();
    files.set("/flake.nix", laidOut(flake(names, onHost, shared), layout));
    guests.forEach((plan, index) => {
      if (!shared || index === 0) files.set(`/${names[index]}.nix`, laidOut(module(plan, index), layout));
    });
    const disk = ["host localhost"];
    names.forEach((name, index) => {
      const plan = guests[shared ? 0 : index] as GuestPlan;
      for (const each of plan.volumes) disk.push(...onDisk(name, each));
    });
    return { files, disk };
  });

function flake(names: readonly string[], onHost: boolean, shared: boolean): string {
  const file = (name: string) => `./${shared ? names[0] : name}.nix`;
  const inputs = `inputs.microvm.url = "github:microvm-nix/microvm.nix";`;
  if (onHost) {
    const vms = names.map((name) => `microvm.vms.${name}.config = import ${file(name)}; # runs ${name}`);
    return `{
  ${inputs}
  outputs = { self, nixpkgs, microvm, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.host
        ({ pkgs, ... }: {
          ${vms.join("\n          ")}
        })
      ];
    };
  };
}`;
  }
  const systems = names.map(
    (name) => `nixosConfigurations.${name} = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm ${file(name)} ];
    };`,
  );
  return `{
  ${inputs}
  outputs = { self, nixpkgs, microvm, ... }: {
    ${systems.join("\n    ")}
  };
}`;
}

function module(plan: GuestPlan, index: number): string {
  const lets = plan.volumes.filter(({ sizeBy }) => sizeBy === "let" || sizeBy === "inherit");
  const bindings = ["networking.useDHCP = false; # as everywhere", ...microvm(plan)];
  if (plan.fileSystems === "path") bindings.push(`fileSystems."/boot".fsType = "vfat";`);
  if (plan.fileSystems === "set")
    bindings.push(`fileSystems = {\n  # mounts of our own\n  "/boot".fsType = "vfat";\n};`);
  if (plan.fileSystems === "entry") bindings.push(`fileSystems."/var" = { neededForBoot = true; };`);
  const body = indented(bindings.join(plan.bindingsApart ? "\n\n" : "\n"));
  const set = plan.list === "config" ? `{\n  config = {\n${indented(body)}\n  }; # all of it\n}` : `{\n${body}\n}`;
  const sizesOf = new Map(
    lets.map((each) => [sizeName(each), each.sizeBy === "let" ? each.size : `{ size = ${each.size}; }`]),
  );
  const around =
    sizesOf.size > 0 ? `let\n${[...sizesOf].map(([name, size]) => `  ${name} = ${size}; # MiB`).join("\n")}\nin\n` : "";
  return `# guest ${index}\n${plan.head}\n${around}${set}`;
}

function microvm(plan: GuestPlan): string[] {
  const options: [string, string][] = [];
  if (plan.overlay) options.push(["writableStoreOverlay", `${quoted("/var")}; # kept`]);
  options.push(["volumes", `${volumes(plan)};`]);
  const texts = {
    none: null,
    nested: null,
    lines: "''\n  echo one # in the shell\n  echo two\n'';",
    "one-line": "'' echo one '';",
    quoted: `"echo \\"one\\" ''two''\\necho three";`,
    mkBefore: "lib.mkBefore ''\n  echo one\n'';",
  };
  const text = texts[plan.preStart];
  if (text !== null) options.push(["preStart", text]);
  if (plan.list !== "nested") return options.map(([name, value]) => `microvm.${name} = ${value}`);
  return [`microvm = {\n${indented(options.map(([name, value]) => `${name} = ${value}`).join("\n"))}\n};`];
}

function volumes({ volumes: plans, list }: GuestPlan): string {
  const sets = plans.map((plan) => volumeSet(plan, list === "one-line"));
  const [first = "", ...rest] = sets;
  const all = `[\n${indented(sets.join("\n"))}\n]`;
  switch (list) {
    case "one-line":
      return `[ ${sets.join(" ")} ]`;
    case "mkForce":
      return `lib.mkForce ${all}`;
    case "mkIf":
      return `lib.mkIf true ${all}`;
    case "mkMerge":
      return `lib.mkMerge [\n  [\n${indented(first, 2)}\n  ]\n  [ ${rest.length > 0 ? `\n${indented(rest.join("\n"), 2)}\n  ` : ""}] # the rest\n]`;
    case "joined":
      return `[ # first\n${indented(first)}\n] ++ [\n${indented(rest.join("\n"))}\n]`;
    default:
      return all;
  }
}

function volumeSet(plan: VolumePlan, alwaysOneLine: boolean): string {
  const id = plan.name.replaceAll(" ", "-");
  const fields = [
    `image = ${quoted(plan.name)};`,
    `mountPoint = ${quoted(plan.mountPoint)};`,
    sizeBinding(plan),
    ...(plan.fsType === null ? [] : [`fsType = ${quoted(plan.fsType)};`]),
    ...(plan.label ? [`label = ${quoted(labelOf(plan))};`] : []),
  ];
  const turned = [...fields.slice(plan.order % fields.length), ...fields.slice(0, plan.order % fields.length)];
  const open = plan.recursive ? "rec {" : "{";
  if (plan.oneLine || alwaysOneLine) {
    const inside = plan.comment === "block" ? `/* ${id} */ ${turned.join(" ")}` : turned.join(" ");
    return `${open} ${inside} }`;
  }
  const lines = turned.map((field, index) => {
    if (plan.comment === "behind" && index === 0) return `${field} # about ${id}`;
    if (plan.comment === "block" && index === 1) return `${field} /* ${id} */`;
    return field;
  });
  if (plan.comment === "above") lines.unshift(`# before ${id}`);
  if (plan.comment === "last") lines.push(`# after ${id}`);
  return `${open}\n${indented(lines.join("\n"))}\n}`;
}

function sizeBinding(plan: VolumePlan): string {
  switch (plan.sizeBy) {
    case "inherit":
      return `inherit (${sizeName(plan)}) size;`;
    case "let":
      return `size = ${sizeName(plan)};`;
    case "product":
      return `size = ${plan.size / 256} * 256;`;
    default:
      return `size = ${plan.size};`;
  }
}

/** Volumes of one size share a name, so that an edit of it would reach several. */
function sizeName({ size, sizeBy, name }: VolumePlan): string {
  return sizeBy === "let" ? `size${size}` : `about_${name.replace(/\W/g, "_")}`;
}

function labelOf({ name }: VolumePlan): string {
  return name.slice(0, 3);
}

function onDisk(guestName: string, plan: VolumePlan): string[] {
  const path = `/var/lib/microvms/${guestName}/${plan.name.replaceAll(" ", "\\x20")}`;
  const type = plan.fsType ?? "ext4";
  const label = plan.label ? ` label=${labelOf(plan)}` : "";
  switch (plan.disk) {
    case "other-size":
      return [`${path} raw ${plan.size / 2}MiB ${type}${label}`];
    case "longer":
      return [`${path} raw ${plan.size * 2}MiB ${type}${label}`];
    case "other-type":
      return [`${path} raw ${plan.size}MiB ${type === "ext4" ? "btrfs" : "ext4"}${label}`];
    case "other-label":
      return [`${path} raw ${plan.size}MiB ${type} label=old`];
    case "blank":
      return [`${path} raw ${plan.size}MiB blank`];
    case "not-grown":
      return [`${path} raw ${plan.size}MiB ${type}${label} fs=${plan.size / 2}MiB`];
    default:
      return [];
  }
}

function quoted(text: string): string {
  return `"${text}"`;
}

function indented(text: string, times = 1): string {
  return text.replace(/^(?=.)/gm, "  ".repeat(times));
}

/** Every two blanks at the beginning of a line become one step of the layout's indentation. */
function laidOut(text: string, { unit, crlf, finalNewline }: Layout): string {
  const lines = text.replace(/^( {2})+/gm, (blanks) => unit.repeat(blanks.length / 2));
  const ended = finalNewline ? `${lines}\n` : lines;
  return crlf ? ended.replaceAll("\n", "\r\n") : ended;
}
