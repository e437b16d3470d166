import { becauseOf } from "../../make.ts";
import { isError } from "../../ops/unknowns.ts";
import { joinPieces, packageOf, piecesOf, textShape } from "../../pieces.ts";
import type { Hole, Item, TextPiece, Unknown, Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { each, force } from "./combine.ts";
import { section } from "./kit.ts";
import { applyWritten } from "./written/written.ts";

const attrsets = section("attrsets", "lib/attrsets.nix");
const strings = section("strings", "lib/strings.nix");
const meta = section("meta", "lib/meta.nix");

/** Of a package that is not known, an output is not known either; a derivation with known outputs says what it has. */
const output = "output: pkg: if pkg.outputSpecified or false then pkg else pkg.${output} or pkg.out or pkg";
const outputOfKnown = "output: pkg: if lib.elem output pkg.outputs then pkg.${output} else pkg.out";

const searchPath = `folder: paths: lib.concatMapStringsSep ":" (path: path + "/" + folder) paths`;
const searchPathOfSome = `folder: paths: lib.concatMapStringsSep ":" (path: path + "/" + folder) (builtins.filter (path: path != null) paths)`;

const executable = `x: program:
    assert lib.assertMsg (lib.isDerivation x) "lib.meta.getExe': The first argument should be a derivation";
    assert lib.assertMsg (builtins.isString program) "lib.meta.getExe': The second argument should be a string";
    assert lib.assertMsg (builtins.match ".*/.*" program == null) "lib.meta.getExe': The second argument should be the name of an executable";
    "\${lib.getBin x}/bin/\${program}"`;

/** Packages whose name is that of their main program, in every nixpkgs. */
const ownPrograms = new Set(["bash", "curl", "dash", "git", "jq", "rsync"]);

/** Functions on packages that keep what is known of a store path where the package is not known. */
export const packageFunctions: readonly Definition[] = [
  attrsets("getOutput", "output pkg!", "string -> package -> package", (call, name, pkg) => {
    const value = force(pkg);
    if (value.type === "unknown" && !isError(value)) return becauseOf(value, "getOutput", call.at, value.shape);
    const known = value.type === "attrs" && value.entries.has("outputs") && !value.entries.has("outputSpecified");
    return applyWritten(call, "lib.attrsets.getOutput", known && value.rest ? outputOfKnown : output, name, pkg);
  }),
  strings("makeSearchPath", "folder paths", "string -> [string] -> string", (call, folder, paths) => {
    const given = force(paths);
    const there = ({ thunk, conditional }: Item) => {
      const value = thunk.force();
      return !conditional && value.type !== "null" && (value.type !== "unknown" || packageOf(value) !== null);
    };
    const whole = given.type === "list" && !given.rest && given.items.every(there);
    return applyWritten(call, "lib.strings.makeSearchPath", whole ? searchPath : searchPathOfSome, folder, paths);
  }),
  meta("getExe", "package!", "package -> string", (call, pkg) => {
    const value = force(pkg);
    if (value.type !== "unknown" || isError(value))
      return applyWritten(call, "lib.meta.getExe", "x: lib.getExe' x (x.meta.mainProgram or (lib.getName x))", pkg);
    const name = packageOf(value);
    return programOf(call, value, name !== null && ownPrograms.has(name) ? name : { why: value, word: true });
  }),
  meta("getExe'", "package! program", "package -> string -> string", (call, pkg, program) => {
    const value = force(pkg);
    if (value.type !== "unknown" || isError(value))
      return applyWritten(call, "lib.meta.getExe'", executable, pkg, program);
    return each(call, program, (name) => programOf(call, value, name.type === "string" ? name.value : { why: value }));
  }),
];

function programOf(call: Call, pkg: Unknown, program: string | Hole): Value {
  const pieces: TextPiece[] = [...piecesOf(pkg), "/bin/", program];
  return becauseOf(pkg, "getExe", call.at, textShape(joinPieces(pieces)));
}
