// Nix, shell and CSS that we write stand in files of their own and are imported as text: for esbuild, the loaders that say so.

/** @type {Record<string, "text">} */
export const textFiles = { ".nix": "text", ".sh": "text", ".css": "text" };
