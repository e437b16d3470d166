/** Sizes in MiB for which there is a stored image. */
export const exampleSizes: readonly number[];
/** Writes an empty ext4 filesystem as a sparse file. Rejects on other sizes and on labels longer than 16 bytes. */
export function writeExampleImage(image: { path: string; sizeMiB: number; label?: string | null }): Promise<void>;
/** Blocks that are not zero, each behind its number. */
export function pack(blocks: readonly { index: number; block: Buffer }[]): Buffer;
