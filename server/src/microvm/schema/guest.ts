import { attributes, becauseOf, boolean, external, integer, nullValue, string } from "../../nix/eval/make.ts";
import { concatStrings, equals, selectAttribute } from "../../nix/eval/ops.ts";
import { packageOfNixpkgs } from "../../nix/eval/pieces.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../../nix/eval/value.ts";
import { delayed, ready } from "../../nix/eval/value.ts";
import { declared } from "../../nix/modules/inputs.ts";
import { attrsOf, emptyList, emptySet, listOf, nullOr } from "../../nix/modules/types/containers.ts";
import { submodule } from "../../nix/modules/types/modules.ts";
import {
  absolutePath,
  anyValue,
  bool,
  enumeration,
  int,
  integerBetween,
  mergeOne,
  separated,
  str,
} from "../../nix/modules/types/scalars.ts";
import type { OptionType } from "../../nix/modules/types/type.ts";
import { hypervisors } from "../model.ts";
import { runnerOf, runnersOf } from "./runner.ts";

/** `key` of the guest module: a configuration that has it is a guest. */
export const guestKey = "/<microvm.nix>/nixos-modules/microvm";
const optionsKey = "/<microvm.nix>/nixos-modules/microvm/options.nix";

const words = (...values: readonly string[]): OptionType => enumeration(values.map((value) => string(value)));
const positive = integerBetween("positiveInt", 1n, null);
const unsigned = integerBetween("unsignedInt", 0n, null);
const port = integerBetween("unsignedInt16", 0n, 65535n);
const anything = anyValue("package", mergeOne);
const lines = separated("\n");
const off = boolean(false);
const on = boolean(true);
const none = nullValue();

/** An element of `microvm.volumes`. Source: nixos-modules/microvm/options.nix. */
const volume = set({
  image: declared(str),
  serial: declared(nullOr(str), none),
  direct: declared(bool, off),
  readOnly: declared(bool, off),
  label: declared(nullOr(str), none),
  mountPoint: declared(nullOr(absolutePath)),
  size: declared(int),
  autoCreate: declared(bool, on),
  mkfsExtraArgs: declared(listOf(str), emptyList()),
  fsType: declared(str, string("ext4")),
  imageType: declared(words("raw", "qcow2", "vhd", "vhdx"), string("raw")),
});

const device = set({
  bus: declared(words("pci", "usb")),
  path: declared(str),
  qemu: nested({
    id: declared(nullOr(str), none),
    bus: declared(nullOr(str), none),
    deviceExtraArgs: declared(nullOr(str), none),
  }),
});

const networkInterface = set({
  type: declared(words("user", "tap", "macvtap", "bridge")),
  id: declared(str),
  mac: declared(str),
  bridge: declared(nullOr(str), none),
  macvtap: nested({ link: declared(str), mode: declared(words("private", "vepa", "bridge", "passthru", "source")) }),
  tap: nested({ vhost: declared(bool, off) }),
});

const forwardedPort = set({
  from: declared(words("host", "guest"), string("host")),
  proto: declared(words("tcp", "udp"), string("tcp")),
  host: nested({ address: declared(str, string("")), port: declared(port) }),
  guest: nested({ address: declared(str, string("")), port: declared(port) }),
});

/**
 * The options of a guest. Source: nixos-modules/microvm/options.nix of microvm.nix (August 2026). Options whose default is
 * a package or depends on NixOS are declared without one: they are unknown unless set.
 */
function guestOptions(config: Thunk): AttributesValue {
  const option = (...path: string[]): Value =>
    path.reduce<Value>((at, name) => selectAttribute(at, name, null), config.force());
  const hostName = delayed(null, () => option("networking", "hostName"));
  const socket = delayed(null, () => concatStrings([hostName.force(), string(".sock")], "interpolation", null));
  const runner = runnerOf(config);
  const own: Readonly<Record<string, () => Value>> = {
    declaredRunner: () => declared(anything, runner),
    // Those of the host's system where `cpu` is set: packages have the same names there.
    vmHostPackages: () =>
      declared(
        anything,
        delayed(null, () => option("_module", "args", "pkgs")),
      ),
    runner: () => declared(attrsOf(anything), runnersOf(runner)),
    socket: () => declared(nullOr(str), socket),
    hotpluggedMem: () =>
      declared(
        unsigned,
        delayed(null, () => option("microvm", "hotplugMem")),
      ),
    shares: () => declared(listOf(share(hostName)), emptyList()),
    storeOnDisk: () =>
      declared(
        bool,
        delayed(null, () => storeOnDisk(option("microvm", "shares"))),
      ),
    registerClosure: () =>
      declared(
        bool,
        delayed(null, () => option("microvm", "guest", "enable")),
      ),
  };
  optionsOfAll ??= makeOptionsOfAll();
  const entries = [...optionsOfAll.entries].map(([name, { thunk }]) => {
    const make = own[name];
    return [name, make ? delayed(null, make) : thunk] as const;
  });
  return attributes(entries);
}

/** The options that are the same for every guest, made when the first is read, with places kept for the others. */
let optionsOfAll: AttributesValue | null = null;

function makeOptionsOfAll(): AttributesValue {
  const replaced = none;
  return nested({
    declaredRunner: replaced,
    runner: replaced,
    guest: nested({ enable: declared(bool, on) }),
    optimize: nested({ enable: declared(bool, on) }),
    cpu: declared(nullOr(str), none),
    hypervisor: declared(words(...hypervisors), string("qemu")),
    preStart: declared(lines, string("")),
    extraArgsScript: declared(nullOr(str), none),
    socket: replaced,
    user: declared(nullOr(str), none),
    kernel: declared(anything, external(packageOfNixpkgs)),
    vmHostPackages: replaced,
    vcpu: declared(positive, integer(1)),
    mem: declared(positive, integer(512)),
    hugepageMem: declared(bool, off),
    hotplugMem: declared(unsigned, integer(0)),
    hotpluggedMem: replaced,
    balloon: declared(bool, off),
    initialBalloonMem: declared(unsigned, integer(0)),
    deflateOnOOM: declared(bool, on),
    forwardPorts: declared(listOf(forwardedPort), emptyList()),
    volumes: declared(listOf(volume), emptyList()),
    interfaces: declared(listOf(networkInterface), emptyList()),
    shares: replaced,
    devices: declared(listOf(device), emptyList()),
    vsock: nested({ cid: declared(nullOr(int), none) }),
    registerWithMachined: declared(bool, off),
    kernelParams: declared(listOf(str)),
    storeOnDisk: replaced,
    registerClosure: replaced,
    writableStoreOverlay: declared(nullOr(str), none),
    graphics: nested({ enable: declared(bool, off), backend: declared(words("gtk", "cocoa", "headless")) }),
    qemu: nested({
      machineOpts: declared(nullOr(attrsOf(str)), none),
      extraArgs: declared(listOf(str), emptyList()),
      serialConsole: declared(bool, on),
    }),
    "cloud-hypervisor": nested({
      platformOEMStrings: declared(listOf(str), emptyList()),
      extraArgs: declared(listOf(str), emptyList()),
    }),
    crosvm: nested({ extraArgs: declared(listOf(str), emptyList()), pivotRoot: declared(nullOr(str), none) }),
    firecracker: nested({
      driveIoEngine: declared(words("Async", "Sync"), string("Async")),
      extraArgs: declared(listOf(str), emptyList()),
    }),
    vfkit: nested({ extraArgs: declared(listOf(str), emptyList()) }),
    prettyProcnames: declared(bool, on),
    virtiofsd: nested({
      inodeFileHandles: declared(nullOr(words("never", "prefer", "mandatory")), string("prefer")),
      group: declared(nullOr(str), string("kvm")),
      extraArgs: declared(listOf(str), emptyList()),
    }),
    binScripts: declared(attrsOf(lines), emptySet()),
    storeDiskType: declared(words("squashfs", "erofs")),
  });
}

function share(hostName: Thunk): OptionType {
  const options = (config: Thunk): AttributesValue => {
    const own = (name: string) => selectAttribute(config.force(), name, null);
    const socket = () => {
      const proto = own("proto");
      if (proto.type === "unknown") return becauseOf(proto, "socket");
      if (proto.type !== "string" || proto.value !== "virtiofs") return none;
      return concatStrings(
        [hostName.force(), string("-virtiofs-"), own("tag"), string(".sock")],
        "interpolation",
        null,
      );
    };
    return nested({
      tag: declared(str),
      socket: declared(nullOr(str), delayed(null, socket)),
      source: declared(str),
      securityModel: declared(words("passthrough", "none", "mapped", "mapped-file"), string("none")),
      mountPoint: declared(absolutePath),
      proto: declared(words("9p", "virtiofs"), string("9p")),
      readOnly: declared(bool, off),
      cache: declared(words("auto", "always", "metadata", "never"), string("auto")),
      posixAcl: declared(bool, on),
      extraArgs: declared(listOf(str), emptyList()),
    });
  };
  return submodule([
    { value: moduleFunction((args) => attributes([["options", ready(options(args("config")))]])), file: optionsKey },
  ]);
}

/** `! any ({ source, … }: source == "/nix/store") config.microvm.shares` */
function storeOnDisk(shares: Value): Value {
  if (shares.type !== "list") return shares.type === "unknown" ? becauseOf(shares, "storeOnDisk") : boolean(true);
  let unsure: Unknown | null = shares.rest;
  for (const { thunk, conditional } of shares.items) {
    const same = equals(selectAttribute(thunk.force(), "source", null), string("/nix/store"), null);
    if (same.type === "boolean" && !same.value) continue;
    if (same.type === "boolean" && !conditional) return off;
    unsure ??= conditional ?? (same.type === "unknown" ? same : null);
  }
  return unsure ? becauseOf(unsure, "storeOnDisk") : on;
}

/** The guest module, `nixosModules.microvm`. */
export function guestModule(): Value {
  return attributes([
    ["_file", string(guestKey)],
    ["key", string(guestKey)],
    [
      "imports",
      {
        type: "list",
        items: [{ thunk: ready(guestOptionsModule()) }],
        rest: null,
        origin: { at: null, step: "builtin", from: [] },
      },
    ],
    ["config", attributes([])],
  ]);
}

/** The options alone, `nixosModules.microvm-options`. */
export function guestOptionsModule(): Value {
  return moduleFunction((args) =>
    attributes([
      ["_file", string(optionsKey)],
      ["key", string(optionsKey)],
      ["options", ready(attributes([["microvm", ready(guestOptions(args("config")))]]))],
      ["config", attributes([])],
    ]),
  ).force();
}

/** A module that is a function of its arguments. */
export function moduleFunction(make: (args: (name: string) => Thunk) => Value): Thunk {
  return ready({
    type: "function",
    name: "microvm.nix",
    formals: null,
    ellipsis: true,
    origin: { at: null, step: "builtin", from: [] },
    apply: (argument) => {
      const given = argument.force();
      const missing = ready(external("a module argument"));
      return make((name) => (given.type === "attrs" ? given.entries.get(name)?.thunk : undefined) ?? missing);
    },
  });
}

export function nested(entries: Readonly<Record<string, Value>>): AttributesValue {
  return attributes(Object.entries(entries).map(([name, value]) => [name, ready(value)] as const));
}

/** A submodule with these options. */
export function set(options: Readonly<Record<string, Value>>): OptionType {
  return submodule([{ value: ready(attributes([["options", ready(nested(options))]])), file: optionsKey }]);
}
