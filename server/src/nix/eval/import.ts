import { dependOn } from "./dependencies.ts";
import type { Interpreter } from "./interpreter.ts";
import { unknown } from "./make.ts";
import { resolvePath } from "./ops.ts";
import { Scope } from "./scope.ts";
import { bodyOf } from "./units.ts";
import { delayed, type Place, type Thunk, type Value } from "./value.ts";

/** `import path`: evaluated once per path; of a folder, its default.nix. */
export function importFile(interpreter: Interpreter, path: string, at: Place): Value {
  let thunk = interpreter.imports.get(path);
  if (!thunk) {
    thunk = delayed(at, () => read(interpreter, path, interpreter.globals, at));
    interpreter.imports.set(path, thunk);
  }
  return thunk.force();
}

/** `scopedImport names path`: evaluated anew each time, with more names in scope. */
export function importScoped(
  interpreter: Interpreter,
  names: ReadonlyMap<string, { readonly thunk: Thunk }>,
  path: string,
  at: Place,
): Value {
  return read(interpreter, path, new Scope(interpreter.globals, names), at);
}

function read(interpreter: Interpreter, path: string, scope: Scope, at: Place): Value {
  const type = interpreter.files.type(path);
  const file = type.ok && type.value === "directory" ? resolvePath(path, "default.nix") : path;
  const tree = interpreter.files.tree(file);
  if (!tree.ok) return unknown({ reason: "unreadable-file", path: file, problem: tree.problem }, at);
  const { body } = tree.value.root;
  dependOn(bodyOf(body));
  return interpreter.run(body, scope);
}
