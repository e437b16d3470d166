import { type Declaration, mountsOf } from "./declaration.ts";

/** One guest's story: how its images came to be, and how it starts the next time. */
export interface Scenario {
  readonly name: string;
  /** The declaration of the first start, in which the images are made; null: there was none. */
  readonly first: Declaration | null;
  /** What the first guest does once it is up: shell, in its root. */
  readonly acts?: string;
  /** How the first guest ends: it unmounts, or it is turned off (after a sync) or killed without that. Default: unmounted. */
  readonly end?: "unmounted" | "powered off" | "killed";
  /** What happens on the host between the starts: shell, as root, in the guest's directory. */
  readonly between?: string;
  /** The declaration of the next start; default: as before. */
  readonly second?: Declaration;
  /** Nothing has happened to its images but use: no finding may speak of them. */
  readonly used?: boolean;
  /** Nothing but zeros is on its image when the guest comes to it. */
  readonly blank?: boolean;
  /** The guest makes the filesystem on it. */
  readonly formats?: boolean;
  /** The hypervisor is expected to refuse: it gets a machine of its own, as the user that microvm@.service has. */
  readonly alone?: boolean;
}

export function secondOf({ name, first, second }: Scenario): Declaration {
  const declaration = second ?? first;
  if (declaration === null) throw new Error(`the scenario ${name} declares nothing`);
  return declaration;
}

/**
 * The script of one boot: the declared mounts in NixOS' order, then `acts`. Mounts stay as long as the namespace does:
 * `keep` holds it.
 */
export function guestScript(declaration: Declaration, nodes: string, acts: string, keep: boolean): string {
  const mounts = mountsOf(declaration);
  const line = ({ mountPoint, device, fsType, options }: (typeof mounts)[number]) =>
    `mount_one ${mountPoint} '${device}' ${fsType} '${options.join(",")}'`;
  const { overlay } = declaration;
  return [
    ". /stage.sh",
    `nodes='${nodes}'`,
    "make_root",
    ...mounts.filter(({ early }) => early).map(line),
    ...(overlay === undefined ? [] : [`overlay ${overlay}`]),
    "settle",
    "cat > /sysroot/stage2 <<'STAGE2'",
    ". /stage.sh",
    `nodes='${nodes}'`,
    "root=",
    ...mounts.filter(({ early }) => !early).map(line),
    "settle",
    "echo '@boot up'",
    acts,
    "STAGE2",
    "cp /stage.sh /sysroot/",
    "chroot /sysroot /bin/sh /stage2",
    keep ? "sleep 100000000 < /dev/null > /dev/null 2>&1 &" : "",
  ].join("\n");
}
