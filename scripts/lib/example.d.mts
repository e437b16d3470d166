/** Absolute path of examples/homelab. */
export const example: string;
/** Absolute path of its state directory. */
export const stateDir: string;
/** What lies on disk. */
export const images: readonly {
  readonly guest: string;
  readonly image: string;
  readonly sizeMiB: number;
  readonly label: string | null;
}[];
/** Makes the state directory anew; returns how the filesystems were made. */
export function makeExample(folder?: string): Promise<string>;
