import type { VolumeNumbers } from "../../server/src/metrics/volumes.ts";

const volume: VolumeNumbers = {
  guest: "web",
  image: "data.img",
  path: null,
  mountPoint: "/data",
  declaredBytes: 2048,
  virtualBytes: 1024,
  allocatedBytes: 512,
  filesystemBytes: 1000,
  usedBytes: 200,
  availableBytes: 800,
  inodes: { total: 64, free: 50 },
  differs: new Set(["size"]),
  outcome: "reuse",
  broken: false,
};

const unknown: VolumeNumbers = {
  ...volume,
  image: 'a"b\\c\nd\u202e 中文.img',
  mountPoint: null,
  virtualBytes: null,
  usedBytes: null,
  availableBytes: null,
  inodes: null,
  differs: new Set(),
  outcome: "unknown",
};

/** A host with a volume of which all is known, and one of which hardly anything is. */
export const numbers = {
  guests: [
    { guest: "web", verdict: "starts-but" as const, volumes: [volume, unknown] },
    { guest: "empty", verdict: "starts" as const, volumes: [] },
  ],
  stateDirectory: { sizeBytes: 5000, availableBytes: null },
  at: 1_764_547_200,
  fullIn: (each: VolumeNumbers) => (each === volume ? 86_400.5 : null),
};
