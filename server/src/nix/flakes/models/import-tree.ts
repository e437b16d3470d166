import type { InputModel } from "../world.ts";
import source from "./import-tree.nix";

/**
 * import-tree (github:vic/import-tree, default.nix): a module that imports every .nix file below a folder, and what can be said
 * of it before: filters, changes, more paths, the files as a list.
 */
export const importTree: InputModel = {
  name: "import-tree",
  matches: ({ repo }) => repo === "import-tree",
  outputs: (world, input) => {
    const set = world.openInput(input);
    const model = world.ours("import-tree", source);
    if (model.type !== "attrs") return set;
    return { ...set, entries: new Map([...set.entries, ...model.entries]) };
  },
};

// As import-tree has it since October 2025: filters see paths below the folder that was given.
