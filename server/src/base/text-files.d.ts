// Nix, shell and CSS in files of their own: imported as text (scripts/lib/text-files.mjs, vitest.config.ts).

declare module "*.nix" {
  const text: string;
  export default text;
}

declare module "*.sh" {
  const text: string;
  export default text;
}

declare module "*.css" {
  const text: string;
  export default text;
}
