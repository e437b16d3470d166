import type { Row, Test } from "./row.ts";

// Source: microvm.nix at 71beea0 (2026-08-09). The words are Nix's own, so that they can be searched for.

const asserts = "nixos-modules/microvm/asserts.nix";
const runner = (hypervisor: string) => `lib/runners/${hypervisor}.nix`;

/** Options that have to stay at their default with this hypervisor: option, default, what the runner throws. */
const plainRefusals: Readonly<Record<string, readonly (readonly [Test, string])[]>> = {
  qemu: [[["initialBalloonMem", "is not", 0], "QEMU does not support initialBalloonMem"]],
  "cloud-hypervisor": [
    [["user", "is not", null], "cloud-hypervisor will not change user"],
    [["credentialFiles", "is not", {}], "cloud-hypervisor does not support credentialFiles"],
  ],
  firecracker: [
    [["user", "is not", null], "firecracker will not change user"],
    [["balloon", "is", true], "balloon not implemented for Firecracker"],
    [["initialBalloonMem", "is not", 0], "initialBalloonMem not implemented for Firecracker"],
    [["hotplugMem", "is not", 0], "hotplugMem not implemented for Firecracker"],
    [["hotpluggedMem", "is not", 0], "hotpluggedMem not implemented for Firecracker"],
    [["credentialFiles", "is not", {}], "credentialFiles are not implemented for Firecracker"],
    [["socket", "is", null], "Firecracker must be configured with an API socket (option microvm.socket)!"],
  ],
  crosvm: [
    [["user", "is not", null], "crosvm will not change user"],
    [["initialBalloonMem", "is not", 0], "crosvm does not support initialBalloonMem"],
    [["hotplugMem", "is not", 0], "crosvm does not support hotplugMem"],
    [["hotpluggedMem", "is not", 0], "crosvm does not support hotpluggedMem"],
    [["credentialFiles", "is not", {}], "crosvm does not support credentialFiles"],
    [["socket", "is", null], "cannot coerce null to a string"],
  ],
  kvmtool: [
    [["user", "is not", null], "kvmtool will not change user"],
    [["initialBalloonMem", "is not", 0], "kvmtool does not support initialBalloonMem"],
    [["hotplugMem", "is not", 0], "kvmtool does not support hotplugMem"],
    [["hotpluggedMem", "is not", 0], "kvmtool does not support hotpluggedMem"],
    [["credentialFiles", "is not", {}], "kvmtool does not support credentialFiles"],
  ],
  stratovirt: [
    [["balloon", "is", true], "balloon not implemented for stratovirt"],
    [["initialBalloonMem", "is not", 0], "initialBalloonMem not implemented for stratovirt"],
    [["hotplugMem", "is not", 0], "stratovirt does not support hotplugMem"],
    [["hotpluggedMem", "is not", 0], "stratovirt does not support hotpluggedMem"],
    [["credentialFiles", "is not", {}], "stratovirt does not support credentialFiles"],
  ],
  alioth: [
    [["user", "is not", null], "alioth will not change user"],
    [["balloon", "is", true], "balloon not implemented for alioth"],
    [["initialBalloonMem", "is not", 0], "initialBalloonMem not implemented for alioth"],
    [["hotplugMem", "is not", 0], "alioth does not support hotplugMem"],
    [["hotpluggedMem", "is not", 0], "alioth does not support hotpluggedMem"],
    [["credentialFiles", "is not", {}], "alioth does not support credentialFiles"],
  ],
  vfkit: [
    [["user", "is not", null], "vfkit does not support changing user"],
    [["balloon", "is", true], "vfkit does not support memory ballooning"],
    [["credentialFiles", "is not", {}], "vfkit does not support credentialFiles"],
    [["vsock.cid", "is not", null], "vfkit vsock support not yet implemented in microvm.nix"],
  ],
};

/** Elements of lists that a runner throws at: list, test of the element, where, what it throws. */
const itemRefusals: Readonly<Record<string, readonly (readonly [string, readonly Test[], string, string])[]>> = {
  "cloud-hypervisor": [
    ["shares", [["proto", "is not", "virtiofs"]], "proto", "cloud-hypervisor supports only shares that are virtiofs"],
    [
      "interfaces",
      [["type", "none of", ["tap", "macvtap"]]],
      "type",
      "Unsupported interface type {type} for Cloud-Hypervisor",
    ],
    ["devices", [["bus", "is", "usb"]], "bus", "USB passthrough is not supported on cloud-hypervisor"],
  ],
  firecracker: [
    ["shares", [], "", "9p/virtiofs shares not implemented for Firecracker"],
    ["devices", [], "", "devices passthrough not implemented for Firecracker"],
    [
      "interfaces",
      [["type", "is not", "tap"]],
      "type",
      "Network interface type {type} not implemented for Firecracker",
    ],
  ],
  crosvm: [
    [
      "shares",
      [
        ["proto", "is", "9p"],
        ["readOnly", "is", true],
      ],
      "readOnly",
      "Readonly 9p share is not supported",
    ],
    ["interfaces", [["type", "none of", ["tap", "macvtap"]]], "type", "Unsupported interface type {type} for crosvm"],
    ["devices", [["bus", "is", "usb"]], "bus", "USB passthrough is not supported on crosvm"],
  ],
  kvmtool: [
    [
      "shares",
      [
        ["proto", "is", "9p"],
        ["readOnly", "is", true],
      ],
      "readOnly",
      "kvmtool does not support readonly 9p share",
    ],
    ["shares", [["proto", "is not", "9p"]], "proto", "virtiofs shares not implemented for kvmtool"],
    ["interfaces", [["type", "is", "bridge"]], "type", "interface type bridge is not supported by kvmtool"],
    ["devices", [], "", "function 'anonymous lambda' called with unexpected argument 'qemu'"],
  ],
  stratovirt: [
    ["shares", [["proto", "is not", "virtiofs"]], "proto", "attribute '\"9p\"' missing"],
    ["devices", [["bus", "is", "pci"]], "bus", "PCI configuration for stratovirt is non-functional"],
  ],
  alioth: [
    ["shares", [["proto", "is not", "virtiofs"]], "proto", "9p shares not implemented for alioth"],
    ["interfaces", [["type", "is not", "tap"]], "type", "interface type {type} is not supported by alioth"],
    ["devices", [], "", "PCI/USB passthrough is not supported on alioth"],
  ],
  vfkit: [
    [
      "shares",
      [["proto", "is not", "virtiofs"]],
      "proto",
      'vfkit does not support {proto} share. Use proto = "virtiofs" instead.',
    ],
    [
      "interfaces",
      [["type", "is", "bridge"]],
      "type",
      'vfkit bridge networking requires vmnet-helper which is not yet implemented. Use type = "user" for NAT networking.',
    ],
    [
      "interfaces",
      [["type", "one of", ["tap", "macvtap"]]],
      "type",
      'vfkit does not support {type} networking on macOS. Use type = "user" for NAT networking.',
    ],
    ["devices", [], "", "vfkit does not support device passthrough"],
  ],
};

const ofHypervisors: readonly Row[] = [
  ...Object.entries(plainRefusals).flatMap(([hypervisor, all]) =>
    all.map(
      ([test, says]): Row => ({
        source: runner(hypervisor),
        kind: "refuses",
        hypervisor,
        when: [test],
        says,
        at: test[0],
      }),
    ),
  ),
  ...Object.entries(itemRefusals).flatMap(([hypervisor, all]) =>
    all.map(
      ([each, item, at, says]): Row => ({
        source: runner(hypervisor),
        kind: "refuses",
        hypervisor,
        each,
        item,
        says,
        at,
      }),
    ),
  ),
];

/** What cloud-hypervisor's runner does not want among the arguments that are added to its own. */
function extraArgs(flag: string, parameter: string, ...more: readonly Test[]) {
  const at = "cloud-hypervisor.extraArgs";
  const when: readonly Test[] = [[at, "passes", [flag, parameter]], ...more];
  return { source: runner("cloud-hypervisor"), kind: "refuses", hypervisor: "cloud-hypervisor", when, at } as const;
}

const virtiofs: readonly Test[] = [["proto", "is", "virtiofs"]];

const others: readonly Row[] = [
  {
    source: runner("qemu"),
    kind: "refuses",
    hypervisor: "qemu",
    when: [
      ["hotplugMem", "above", 0],
      ["qemu.machine", "is", "microvm"],
    ],
    says: "QEMU's microvm machine type does not support virtio-mem",
    at: "hotplugMem",
  },
  {
    source: runner("qemu"),
    kind: "warns",
    hypervisor: "qemu",
    when: [["mem", "is", 2048]],
    says: "QEMU hangs if memory is exactly 2GB",
    at: "mem",
  },
  {
    ...extraArgs("--vsock", "cid", ["vsock.cid", "is not", null]),
    says: "Cannot set `microvm.vsock.cid` and --vsock 'cid=…' via `microvm.cloud-hypervisor.extraArgs` at the same time",
  },
  {
    ...extraArgs("--platform", "oem_strings"),
    says: "Use `microvm.cloud-hypervisor.platformOEMStrings` instead of passing oem_strings via --platform",
  },
  {
    ...extraArgs("--cpus", "boot"),
    says: "Cannot set `microvm.vcpu` and --cpus 'boot=…' via `microvm.cloud-hypervisor.extraArgs` at the same time",
  },
  {
    source: runner("vfkit"),
    kind: "refuses",
    hypervisor: "vfkit",
    when: [["vmHostPackages", "not set", null]],
    says: "vfkit only works on macOS (Darwin).",
    at: "hypervisor",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "volumes",
    twice: "image",
    says: 'volume image "{image}" is used more than once',
    at: "image",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "interfaces",
    twice: "id",
    says: 'interface id "{id}" is used more than once',
    at: "id",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "interfaces",
    item: [
      ["type", "is", "bridge"],
      ["bridge", "is", null],
    ],
    says: 'interface {id} is of type "bridge" but doesn\'t have a bridge to attach to defined.',
    at: "type",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "interfaces",
    item: [
      ["type", "is not", "bridge"],
      ["bridge", "is not", null],
    ],
    says: 'interface {id} is not of type "bridge" and therefore shouldn\'t have a "bridge" option defined.',
    at: "bridge",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "interfaces",
    item: [["id", "longer than", 15]],
    says: "interface name {id} is longer than the maximum length of 15 characters on Linux.",
    at: "id",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "shares",
    twice: "tag",
    says: 'share tag "{tag}" is used more than once',
    at: "tag",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "shares",
    item: virtiofs,
    twice: "socket",
    says: 'share socket "{socket}" is used more than once',
    at: "socket",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "shares",
    item: [...virtiofs, ["socket", "is", null]],
    says: 'virtiofs share with tag "{tag}" is missing a `socket` path.',
    at: "socket",
  },
  ...["--translate-uid", "--translate-gid"].flatMap((flag): Row[] => {
    const says = `virtiofs share "{tag}" has posixAcl=true but extraArgs contains ${flag}, which conflicts with --posix-acl.`;
    const base = { source: asserts, kind: "refuses", each: "shares", says } as const;
    const acl: readonly Test[] = [...virtiofs, ["posixAcl", "is", true]];
    return [
      { ...base, item: [...acl, ["extraArgs", "contains", flag]], at: "extraArgs" },
      { ...base, when: [["virtiofsd.extraArgs", "contains", flag]], item: acl, at: "posixAcl" },
    ];
  }),
  {
    source: asserts,
    kind: "refuses",
    each: "forwardPorts",
    when: [["hypervisor", "is not", "qemu"]],
    says: '`config.microvm.forwardPorts` works only with qemu and one network interface with `type = "user"`',
    at: "",
  },
  {
    source: asserts,
    kind: "refuses",
    each: "forwardPorts",
    when: [["hypervisor", "is", "qemu"]],
    without: ["interfaces", ["type", "is", "user"]],
    says: '`config.microvm.forwardPorts` works only with qemu and one network interface with `type = "user"`',
    at: "",
  },
  {
    source: asserts,
    kind: "refuses",
    hypervisor: "cloud-hypervisor",
    when: [["cloud-hypervisor.platformOEMStrings", "contains", "oem_strings"]],
    says: "`config.microvm.cloud-hypervisor.platformOEMStrings` items must not contain `oem_strings`",
    at: "cloud-hypervisor.platformOEMStrings",
  },
  {
    source: asserts,
    kind: "warns",
    when: [["mem", "below", 32]],
    says: "{mem} MB of RAM is uncomfortably narrow.",
    at: "mem",
  },
  {
    source: asserts,
    kind: "warns",
    when: [
      ["nix.optimise.automatic", "is", true],
      ["writableStoreOverlay", "is", null],
    ],
    says: "Optimising the nix store is not recommended as it either uses lots of file handles with virtiofsd or as it doesn't do what you expect with a block device.",
    at: "nix.optimise.automatic",
  },
  {
    source: "nixos-modules/microvm/vsock-ssh.nix",
    kind: "refuses",
    when: [
      ["vsock.ssh.enable", "is", true],
      ["vsock.cid", "is", null],
    ],
    says: "microvm.vsock.ssh.enable requires microvm.vsock.cid to be set",
    at: "vsock.ssh.enable",
  },
  {
    source: "nixos-modules/microvm/mounts.nix",
    kind: "refuses",
    when: [["storeOnDisk", "is", false]],
    without: ["shares", ["source", "is", "/nix/store"]],
    says: "'builtins.head' called on an empty list",
    at: "storeOnDisk",
  },
];

/**
 * When what is said came to microvm.nix, in seconds since 1970, by the beginning of its words: `git log -S` in its
 * repository. What is older than the options that it speaks of, or than 2025, is not listed.
 */
const ages: readonly (readonly [words: string, since: number])[] = [
  ["QEMU does not support initialBalloonMem", 1779970379],
  ["QEMU's microvm machine type does not support", 1779970379],
  ["Readonly 9p share is not supported", 1758113222],
  ["kvmtool does not support readonly 9p share", 1758113222],
  ["posixAcl", 1784512862],
  ["Optimising the nix store", 1773747746],
  ["Cannot set `microvm.vsock.cid`", 1753280865],
  ["Use `microvm.cloud-hypervisor.platformOEMStrings`", 1753280865],
  ["Cannot set `microvm.vcpu`", 1784357853],
];

/** Everything that microvm.nix itself throws, asserts or warns about. */
export const conditions: readonly Row[] = [...ofHypervisors, ...others].map((row) => {
  const since = ages.find(([words]) => row.says.includes(words))?.[1];
  return since === undefined ? row : { ...row, since };
});
