import { printable } from "../base/printable.ts";
import { differences, type GuestNumbers, type VolumeNumbers } from "./volumes.ts";

/** What one look at a host gave. */
export interface HostNumbers {
  readonly guests: readonly GuestNumbers[];
  /** Of the filesystem that holds the state directory, in bytes; null: not known. */
  readonly stateDirectory: { readonly sizeBytes: number | null; readonly availableBytes: number | null };
  /** Seconds since 1970. */
  readonly at: number;
  /** Seconds until a volume is full; null: not known. */
  fullIn(volume: VolumeNumbers): number | null;
}

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
}

/**
 * The text format of Prometheus (version 0.0.4), as the textfile collector of node_exporter reads it: gauges, base units,
 * no times. What is not known has no sample.
 */
export function prometheusText(numbers: HostNumbers): string {
  return families(numbers)
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map((each) => line(name, each))].join("\n"),
    )
    .join("\n")
    .concat("\n");
}

function families(numbers: HostNumbers): readonly Family[] {
  const volumes = numbers.guests.flatMap((guest) => guest.volumes);
  const perVolume = (name: string, help: string, of: (volume: VolumeNumbers) => number | null): Family => ({
    name: `microvm_volume_${name}`,
    help,
    samples: volumes.flatMap((volume) => {
      const value = of(volume);
      return value === null ? [] : [{ labels: labelsOf(volume), value }];
    }),
  });
  const single = (name: string, help: string, value: number | null): Family => ({
    name: `microvm_${name}`,
    help,
    samples: value === null ? [] : [{ labels: {}, value }],
  });
  return [
    perVolume("declared_bytes", "Size that the configuration declares.", (each) => each.declaredBytes),
    perVolume("virtual_bytes", "Size of the disk that the guest sees.", (each) => each.virtualBytes),
    perVolume("allocated_bytes", "Space that the image takes on the host.", (each) => each.allocatedBytes),
    perVolume(
      "filesystem_size_bytes",
      "Size of the filesystem in the image, as df counts.",
      (each) => each.filesystemBytes,
    ),
    perVolume("filesystem_used_bytes", "Space in use in the filesystem.", (each) => each.usedBytes),
    perVolume("filesystem_available_bytes", "Space that is free to ordinary users.", (each) => each.availableBytes),
    perVolume("filesystem_inodes", "Inodes of the filesystem.", (each) => each.inodes?.total ?? null),
    perVolume("filesystem_inodes_free", "Free inodes of the filesystem.", (each) => each.inodes?.free ?? null),
    perVolume("full_in_seconds", "Time until the volume is full if it goes on as in the last weeks.", numbers.fullIn),
    {
      name: "microvm_volume_mismatch",
      help: "1 where the image differs from what is declared, by what (size, type, label).",
      samples: volumes.flatMap((volume) =>
        differences.map((what) => ({
          labels: { ...labelsOf(volume), what },
          value: volume.differs.has(what) ? 1 : 0,
        })),
      ),
    },
    perVolume("next_start_broken", "1 where the next start would not give the guest this volume.", (each) =>
      each.broken ? 1 : 0,
    ),
    {
      name: "microvm_volume_next_start_info",
      help: "What the next start does with the volume, as label; always 1.",
      samples: volumes.map((volume) => ({ labels: { ...labelsOf(volume), outcome: volume.outcome }, value: 1 })),
    },
    {
      name: "microvm_guest_next_start_info",
      help: "What comes of the next start of the guest, as label; always 1.",
      samples: numbers.guests.map(({ guest, verdict }) => ({ labels: { guest, outcome: verdict }, value: 1 })),
    },
    single(
      "state_directory_size_bytes",
      "Size of the filesystem that holds the state directory.",
      numbers.stateDirectory.sizeBytes,
    ),
    single(
      "state_directory_available_bytes",
      "Free space on the filesystem that holds the state directory.",
      numbers.stateDirectory.availableBytes,
    ),
    single("lens_scan_timestamp_seconds", "When the disks were last looked at.", numbers.at),
  ];
}

function labelsOf({ guest, image, mountPoint }: VolumeNumbers): Labels {
  return { guest, image, mountpoint: mountPoint ?? "" };
}

function line(name: string, { labels, value }: Family["samples"][number]): string {
  const inside = Object.entries(labels).map(([key, words]) => `${key}="${escaped(words)}"`);
  return `${name}${inside.length === 0 ? "" : `{${inside.join(",")}}`} ${value}`;
}

/** A name may hold anything; the format wants valid UTF-8, and backslash, quote and line end escaped. */
function escaped(words: string): string {
  return printable(words).replace(/[\\"\n]/g, (each) => (each === "\n" ? "\\n" : `\\${each}`));
}
