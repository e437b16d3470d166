import type { Outcome } from "../../server/src/forecast/outcome.ts";
import { trendOf } from "../../server/src/history/trend.ts";
import type {
  StorageFinding,
  StorageGuest,
  StorageHost,
  StorageReport,
  StorageVolume,
} from "../../server/src/report/storage.ts";
import type { Severity } from "../../server/src/rules/frame/rule.ts";

const MiB = 1024 * 1024;

/** A report on so many guests with every kind of row that there is. The same at every call. */
export function sampleReport(guests: number): StorageReport {
  const all = Array.from({ length: guests }, (_, number) => guest(number));
  const perHost = Math.max(3, Math.ceil(guests / 4));
  const hosts: StorageHost[] = [];
  for (let from = 0; from < guests - 1; from += perHost)
    hosts.push(host(all.slice(from, from + perHost), hosts.length));
  return {
    hosts,
    elsewhere: all.slice(-1).map((each) => ({
      ...each,
      running: null,
      volumes: each.volumes.map((volume) => ({ ...volume, ...nothingSeen, state: "not looked at" as const })),
    })),
    findings: all.flatMap((each, index) => (index % 3 === 0 ? [finding(each, index)] : [])),
    status: ["ceres: the state directory /var/lib/microvms does not exist, so nothing is said about disks"],
  };
}

const nothingSeen = {
  virtualBytes: null,
  filesystem: null,
  filesystemBytes: null,
  allocatedBytes: null,
  usedBytes: null,
  availableBytes: null,
  percent: null,
  inodePercent: null,
  reclaimableBytes: null,
  past: null,
  path: null,
};
const severities = ["error", "warning", "information", "hint"] as const satisfies readonly Severity[];
const sizes = [256, 512, 1024, 2048, 8192, 65536];
const states = ["seen", "seen", "seen", "absent", "unreadable"] as const;
const outcomes = { seen: "reuse", absent: "create", unreadable: "unknown", "not looked at": "unknown" } as const;

function guest(number: number): StorageGuest {
  const long = number % 11 === 10;
  return {
    name: long ? `a-guest-with-quite-a-long-name-${number}` : `vm${number}`,
    running: number % 3 === 0 ? true : number % 3 === 1 ? false : null,
    complete: number % 7 !== 6,
    volumes: Array.from({ length: number % 13 === 12 ? 0 : 1 + (number % 3) }, (_, index) => volume(number, index)),
  };
}

function volume(number: number, index: number): StorageVolume {
  const size = (sizes[(number + index) % sizes.length] as number) * MiB;
  const state = states[(number + 2 * index) % states.length] as StorageVolume["state"];
  const declared = {
    image: index === 2 ? "/persist/images/数据 & more.img" : `data${index}.img`,
    path: `/var/lib/microvms/vm${number}/data${index}.img`,
    mountPoint: index === 1 ? null : `/srv/data${index}`,
    declaredBytes: number % 5 === 4 ? null : size,
    asOf: null,
    state,
    outcome: (number % 7 === 0 ? "not-mount" : outcomes[state]) as Outcome,
    worst: number % 3 === 0 ? (severities[(number / 3 + index) % 4] as Severity) : null,
    at: { file: `/etc/nixos/guests/vm${number}.nix`, start: 10, end: 20 },
  };
  if (state !== "seen") return { ...declared, ...nothingSeen, path: declared.path };
  const virtual = number % 4 === 0 ? size / 2 : size;
  const share = [0.2, 0.55, 0.93, 0.72, 0.05, 0.38][(number + 2 * index) % 6] as number;
  const isKnown = number % 9 !== 8;
  return {
    ...declared,
    virtualBytes: virtual,
    filesystem: index === 1 ? "xfs" : "ext4",
    filesystemBytes: number % 6 === 0 ? virtual / 2 : virtual,
    allocatedBytes: Math.round(virtual * Math.min(1, share + (number % 4) * 0.1)),
    usedBytes: isKnown ? Math.round(virtual * share) : null,
    availableBytes: isKnown ? Math.round(virtual * (0.95 - share)) : null,
    percent: isKnown ? Math.ceil((share / 0.95) * 100) : null,
    inodePercent: isKnown ? (number % 10 === 3 ? 97 : 4) : null,
    past: isKnown && (number + index) % 4 === 1 ? past(virtual, share) : null,
    asOf: number % 2 === 0 ? "rest" : "commit",
    reclaimableBytes: isKnown ? Math.round(virtual * Math.min(1 - share, (number % 4) * 0.1)) : null,
  };
}

/** Three weeks in which it came to what it is now. */
function past(virtual: number, share: number): StorageVolume["past"] {
  const rate = (virtual * share) / 42;
  const samples = Array.from({ length: 22 }, (_, day) => {
    const used = Math.round(virtual * share - (21 - day) * rate);
    const at = 1_700_000_000 - (21 - day) * 86_400;
    return { at, guest: "vm", image: "/x", usedBytes: used, availableBytes: Math.round(virtual * 0.95) - used };
  });
  return { samples, trend: trendOf(samples) };
}

function host(guests: readonly StorageGuest[], index: number): StorageHost {
  return {
    name: ["atlas", "boreas", "ceres", "dione", "eos"][index] ?? `host${index}`,
    stateDir: "/var/lib/microvms",
    takenAtMs: 1_700_000_000_000,
    freeBytes: index === 2 ? null : 400 * 1024 * MiB,
    totalBytes: index === 2 ? null : 2000 * 1024 * MiB,
    growthBytes: (index === 1 ? 900 : 90) * 1024 * MiB,
    guests,
    undeclared:
      index === 0 ? [{ path: "/var/lib/microvms/old/root.img", bytes: 8192 * MiB, allocatedBytes: 3000 * MiB }] : [],
  };
}

function finding({ name }: StorageGuest, index: number): StorageFinding {
  return {
    rule: "size-differs-from-image",
    severity: severities[(index / 3) % 4] as Severity,
    message: `the image is 512 MiB (raw), the configuration of ${name} says 2048 MiB; \`size\` only applies when the image is created`,
    notes: ["/var/lib/microvms/web/data.img"],
    fixes: ["Set size to 512, as on disk", "Use a new image name (starts empty, the old file stays)"],
    guests: [name],
    at: { file: `/etc/nixos/guests/${name}.nix`, start: 10, end: 20 },
  };
}
