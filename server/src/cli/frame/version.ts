declare const __microvmLensVersion: string | undefined;

/** The version of this program: put in by scripts/build.mjs from package.json. */
export const version: string = typeof __microvmLensVersion === "string" ? __microvmLensVersion : "0.0.0-source";
