import type { InputModel } from "../world.ts";

/** import-tree (github:vic/import-tree, default.nix): a module that imports every .nix file below a folder. */
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

const source = `
lib:
let
  wanted = root: file:
    let inner = lib.removePrefix (toString root) (toString file); in
    lib.hasSuffix ".nix" inner && !(lib.hasInfix "/_" inner);
  leaves = root:
    if builtins.isList root then builtins.concatMap leaves root
    else if builtins.isPath root || builtins.isString root then
      if lib.pathIsDirectory root then builtins.filter (wanted root) (lib.filesystem.listFilesRecursive root)
      else [ root ]
    else [ root ];
in
{
  __functor = self: root: { imports = leaves root; };
}
`;
