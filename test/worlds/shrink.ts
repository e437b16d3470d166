import type { World } from "./world.ts";

/** Worlds with one thing less, the boldest first. */
export function* simpler(world: World): Generator<World> {
  for (const [index] of world.features.entries()) {
    yield { ...world, features: world.features.filter((_, each) => each !== index) };
  }
  const last = world.volumes.length - 1;
  if (last > 0) {
    const features = world.features.filter(
      ({ name }) => !name.includes(` ${last}: `) && !name.startsWith(`folder ${last} `),
    );
    yield { ...world, volumes: world.volumes.slice(0, last), features };
  }
  if (world.way === "flake") yield { ...world, way: "config" };
  if (world.hypervisor !== "qemu") yield { ...world, hypervisor: "qemu" };
  if (world.overlay !== null && world.volumes.every(({ mountPoint }) => mountPoint !== world.overlay)) {
    yield { ...world, overlay: null };
  }
  if (world.storeShared) yield { ...world, storeShared: false };
  for (const [index, volume] of world.volumes.entries()) {
    const change = (changed: Partial<typeof volume>) => ({
      ...world,
      volumes: world.volumes.map((each, at) => (at === index ? { ...each, ...changed } : each)),
    });
    if (volume.label !== null) yield change({ label: null });
    if (volume.readOnly) yield change({ readOnly: false });
    if (!volume.autoCreate) yield change({ autoCreate: true });
    if (volume.mkfsExtraArgs.length > 0) yield change({ mkfsExtraArgs: [] });
    if (volume.mountPoint === world.overlay && world.overlay !== null) {
      yield { ...change({ mountPoint: "/data" }), overlay: null };
    }
  }
}

/** The simplest world that is still of interest, found greedily. */
export async function shrunk(
  world: World,
  interesting: (world: World) => Promise<boolean>,
  tries = 60,
): Promise<World> {
  let best = world;
  let left = tries;
  for (let again = true; again; ) {
    again = false;
    for (const candidate of simpler(best)) {
      if (left-- <= 0) return best;
      if (await interesting(candidate)) {
        best = candidate;
        again = true;
        break;
      }
    }
  }
  return best;
}
