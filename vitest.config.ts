import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, extname, join } from "node:path";
import { defineConfig, type Plugin } from "vitest/config";
import { textFiles } from "./scripts/lib/text-files.mjs";

/** Tests that need more than Node: each kind is a project, so that one can be run alone (`vitest run --project unit`). */
const slow = {
  host: ["test/host/**/*.test.ts", "test/**/*.host.test.ts"],
  nix: ["test/nix/judge/**/*.test.ts", "test/**/*.judge.test.ts"],
  editor: ["test/**/*.editor.test.ts"],
  clients: ["test/**/*.client.test.ts"],
  start: ["test/start/**/*.test.ts"],
  guests: ["test/guests/**/*.test.ts"],
};

/** Tests that compare with nixpkgs' own lib, which is not ours to bring: they are there for whoever has it. */
const withNixpkgs = process.env["NIXPKGS_LIB"]
  ? []
  : ["test/nix/lib/*.judge.test.ts", "test/nix/modules/generated.test.ts"];

/**
 * Tests that run on demand (`MICROVM_LENS_ALL=1`, `npm run soak`): what takes minutes and guards the look of things, and what
 * needs images or programs that are not ours to bring.
 */
const onDemand = process.env["MICROVM_LENS_ALL"]
  ? []
  : [
      "test/editor/scenes.editor.test.ts",
      "test/editor/story.editor.test.ts",
      "test/editor/beside.editor.test.ts",
      "test/host/blkid-images.test.ts",
      "test/metrics/promtool.test.ts",
    ];

/** Nix, shell and CSS of ours are imported as text, as the build does it. The name ends otherwise: CSS has plugins of its own. */
const asText: Plugin = {
  name: "text-files",
  enforce: "pre",
  resolveId: (source, importer) =>
    importer && textFiles[extname(source)] ? `\0${join(dirname(importer), source)}.text` : null,
  load: (id) =>
    id.startsWith("\0") && id.endsWith(".text")
      ? `export default ${JSON.stringify(readFileSync(id.slice(1, -".text".length), "utf8"))};`
      : null,
};

/** All cores: vitest by itself leaves one free, which on two cores is half of the machine. */
const maxWorkers = availableParallelism();

/** Projects whose files do not get in each other's way: each has its own scratch folder, namespaces and processes. */
const sideBySide = ["nix", "host"];

/** The projects with their own needs run one after the other: they start real programs, and the machine may have two cores. */
function alone(name: keyof typeof slow, order: number, seconds: number) {
  return {
    plugins: [asText],
    test: {
      name,
      setupFiles: ["test/setup.ts"],
      include: slow[name],
      exclude: ["**/node_modules/**", ...withNixpkgs, ...onDemand],
      testTimeout: seconds * 1000,
      hookTimeout: seconds * 1000,
      ...(sideBySide.includes(name) ? { maxWorkers } : { fileParallelism: false }),
      // A real editor on a busy machine may lose a key press; what needs its second chance is listed at the end.
      retry: 1,
      sequence: { groupOrder: order },
    },
  };
}

export default defineConfig({
  test: {
    coverage: { provider: "v8", include: ["server/src/**", "client/src/**"] },
    projects: [
      {
        plugins: [asText],
        test: {
          name: "unit",
          setupFiles: ["test/setup.ts"],
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...Object.values(slow).flat(), ...withNixpkgs, ...onDemand],
          testTimeout: 60_000,
          hookTimeout: 90_000,
          maxWorkers,
          // A watch of the disk or a pause may be missed on a busy machine; what needs its second chance is listed at the end.
          retry: 1,
          sequence: { groupOrder: 0 },
        },
      },
      alone("nix", 1, 240),
      alone("host", 2, 180),
      alone("clients", 3, 120),
      alone("start", 4, 240),
      alone("editor", 5, 300),
      alone("guests", 6, 1800),
    ],
  },
});
