/** One volume, as microvm.nix's option takes it. */
export interface DeclaredVolume {
  readonly image: string;
  readonly mountPoint: string | null;
  readonly size: number;
  readonly fsType?: string;
  readonly label?: string;
  readonly autoCreate?: boolean;
  readonly readOnly?: boolean;
  readonly mkfsExtraArgs?: readonly string[];
}

/** What the guest's modules say of one mount point, over microvm.nix's own words. */
export interface DeclaredMount {
  readonly device?: string;
  readonly fsType?: string;
  readonly options?: readonly string[];
  readonly autoResize?: boolean;
  readonly autoFormat?: boolean;
  readonly neededForBoot?: boolean;
}

/** A guest as one configuration declares it. */
export interface Declaration {
  readonly volumes: readonly DeclaredVolume[];
  /** `microvm.writableStoreOverlay`; the store below it is a share. */
  readonly overlay?: string;
  readonly fileSystems?: Readonly<Record<string, DeclaredMount>>;
  readonly preStart?: string;
}

/** A mount as NixOS does it in a guest. */
export interface GuestMount {
  readonly mountPoint: string;
  readonly device: string;
  readonly fsType: string;
  readonly options: readonly string[];
  /** In stage 1, before the root of the guest is switched to. */
  readonly early: boolean;
}

/** The guest's module. */
export function nixOf({ volumes, overlay, fileSystems = {}, preStart }: Declaration): string {
  const attributes = (each: object) =>
    Object.entries(each)
      .map(([name, value]) => `${name} = ${nix(value)};`)
      .join(" ");
  const lines = volumes.map((volume) => `    { ${attributes(volume)} }`);
  const mounts = Object.entries(fileSystems).map(([mountPoint, { device, fsType, neededForBoot, ...rest }]) => {
    // microvm.nix defines these three itself.
    const forced = Object.entries({ device, fsType, neededForBoot }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} = lib.mkForce ${nix(value)};`],
    );
    return `  fileSystems."${mountPoint}" = { ${[...forced, attributes(rest)].join(" ")} };`;
  });
  return [
    "{",
    ...(overlay === undefined ? [] : [`  microvm.writableStoreOverlay = "${overlay}";`, `  ${storeShare}`]),
    ...(preStart === undefined ? [] : [`  microvm.preStart = ${nix(preStart)};`]),
    "  microvm.volumes = [",
    ...lines,
    "  ];",
    ...mounts,
    "}",
  ].join("\n");
}

const storeShare =
  'microvm.shares = [ { proto = "9p"; tag = "ro-store"; source = "/nix/store"; mountPoint = "/nix/.ro-store"; } ];';

function nix(value: unknown): string {
  if (Array.isArray(value)) return `[ ${value.map(nix).join(" ")} ]`;
  // The escapes of JSON are also Nix's, but for the interpolation.
  if (typeof value === "string") return JSON.stringify(value).replaceAll("${", "\\${");
  return String(value);
}

/** The letter of a volume's device: the store disk comes first where the store is no share (lib/default.nix). */
export function letterOf({ overlay }: Declaration, position: number): string {
  return String.fromCharCode(97 + position + (overlay === undefined ? 1 : 0));
}

/** nixos-modules/microvm/mounts.nix, with the guest's own words over it; NixOS mounts parents first. */
export function mountsOf(declaration: Declaration): readonly GuestMount[] {
  const { volumes, overlay, fileSystems = {} } = declaration;
  const mounts = volumes.flatMap(({ mountPoint, label, fsType = "ext4" }, position): GuestMount[] => {
    if (mountPoint === null) return [];
    const own = fileSystems[mountPoint] ?? {};
    const device = label === undefined ? `/dev/vd${letterOf(declaration, position)}` : `/dev/disk/by-label/${label}`;
    const options = [
      ...(own.options ?? []),
      ...(own.autoFormat ? ["x-systemd.makefs"] : []),
      ...(own.autoResize ? ["x-systemd.growfs"] : []),
    ];
    const early = neededAnyway.has(mountPoint) || (own.neededForBoot ?? mountPoint === overlay);
    return [{ mountPoint, device: own.device ?? device, fsType: own.fsType ?? fsType, options, early }];
  });
  return mounts.sort((a, b) => a.mountPoint.split("/").length - b.mountPoint.split("/").length);
}

/** nixpkgs, nixos/lib/utils.nix: pathsNeededForBoot. */
const neededAnyway = new Set("/ /nix /nix/store /var /var/log /var/lib /var/lib/nixos /etc /usr".split(" "));

/** What microvm-run does before it starts the hypervisor (lib/runner.nix, lib/volumes.nix). */
export function startScript({ volumes, preStart }: Declaration): string {
  return [
    "set -eou pipefail",
    preStart ?? "",
    "PATH=$PATH:/usr/sbin:/sbin",
    ...volumes.filter(({ autoCreate }) => autoCreate !== false).map(creation),
  ].join("\n");
}

function creation({ image, size, fsType = "ext4", label, mkfsExtraArgs = [] }: DeclaredVolume): string {
  const labelArgument = label === undefined ? "" : `${fsType === "vfat" ? "-n" : "-L"} '${label}'`;
  const extra = mkfsExtraArgs.map((word) => `'${word}'`).join(" ");
  return `if [ ! -e '${image}' ]; then
  touch '${image}'
  # Mark NOCOW
  chattr +C '${image}' || true
  truncate -s ${size}M '${image}'
  mkfs.${fsType} ${labelArgument} ${extra} '${image}'
fi`;
}
