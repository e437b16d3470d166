import type { Renewal } from "../../server/src/microvm/model.ts";

/** One volume as `--declared FILE` has it; what is left out is as microvm.nix has it by default. */
export function volume(more: Readonly<Record<string, unknown>> = {}) {
  return {
    image: "data.img",
    mountPoint: "/data",
    sizeMiB: 64,
    fsType: "ext4",
    label: null,
    autoCreate: true,
    readOnly: false,
    direct: null,
    serial: null,
    imageType: "raw",
    mkfsExtraArgs: [],
    grow: null,
    renew: "never" as Renewal,
    renewKeepDays: 0,
    ...more,
  };
}

/** One guest, with the mounts that microvm.nix makes of its volumes. */
export function guest(name: string, volumes: readonly ReturnType<typeof volume>[], more: object = {}) {
  return {
    name,
    hypervisor: "qemu",
    storeOnDisk: true,
    storeDiskType: "erofs",
    storeOptimise: false,
    writableStoreOverlay: null,
    preStart: "",
    hostCommands: [] as string[],
    shares: [],
    fileSystems: [],
    volumes,
    ...more,
  };
}

/** The text of `--declared FILE`. */
export function declared(stateDir: string, guests: readonly ReturnType<typeof guest>[], host = "atlas"): string {
  return JSON.stringify({ schema: 1, host, stateDir, guests });
}
