import { attributes, becauseOf, external, string, unknown, wrongType } from "../eval/make.ts";
import { applyFunction } from "../eval/ops.ts";
import type { Attribute, AttributesValue, Thunk, Value } from "../eval/value.ts";
import { delayed, ready } from "../eval/value.ts";
import { dependsOn, inputNode, type Lock, type LockNode, readLock } from "./lock.ts";
import { type InputReference, isPublic, isWellKnown, parseReference, usesMicrovm } from "./reference.ts";
import { sourceStorePath } from "./store-path.ts";
import type { InputInfo, World } from "./world.ts";

/** What git and the fetcher say of a source; not known here, and not always there. */
const sourceFacts = [
  "rev",
  "shortRev",
  "dirtyRev",
  "dirtyShortRev",
  "revCount",
  "lastModified",
  "lastModifiedDate",
  "narHash",
  "submodules",
];

/** A flake of the workspace or of the Nix store, with its outputs as a fixpoint over `self`. */
export class Flake {
  readonly folder: string;
  /** The flake as its own outputs and other flakes see it. */
  readonly self: Thunk;
  readonly outputs: Thunk;
  readonly #world: World;
  readonly #lock: Lock | null;
  readonly #node: LockNode | null;
  #inputsByName: readonly [string, Thunk][] | null = null;

  constructor(world: World, folder: string, lock: Lock | null, node: LockNode | null) {
    this.#world = world;
    this.folder = folder;
    this.#lock = lock;
    this.#node = node;
    this.outputs = delayed(null, () => this.#evaluate());
    this.self = delayed(null, () => this.#selfValue());
  }

  static root(world: World, folder: string): Flake {
    const lock = readLock(world.files, folder);
    return new Flake(world, folder, lock, lock?.root ?? null);
  }

  /** The value of flake.nix. */
  get file(): Value {
    return this.#world.evaluator.importFile(`${this.folder}/flake.nix`, null);
  }

  #evaluate(): Value {
    const { file } = this;
    if (file.type === "unknown") return file;
    if (file.type !== "attrs") return wrongType("a set", file.type, file.origin.at);
    const outputs = file.entries.get("outputs");
    if (!outputs)
      return file.rest ? becauseOf(file.rest, "outputs") : unknown({ reason: "unresolved-name", name: "outputs" });
    return applyFunction(outputs.thunk.force(), [this.#arguments(file)], outputs.at);
  }

  #arguments(file: AttributesValue): Thunk {
    return delayed(null, () => attributes([...this.#inputs(file), ["self", this.self]]));
  }

  #inputs(file: AttributesValue): readonly [string, Thunk][] {
    this.#inputsByName ??= this.#makeInputs(file);
    return this.#inputsByName;
  }

  #makeInputs(file: AttributesValue): [string, Thunk][] {
    const declared = file.entries.get("inputs")?.thunk.force();
    const names = new Set<string>(this.#node?.inputs.keys() ?? []);
    if (declared?.type === "attrs") for (const name of declared.entries.keys()) names.add(name);
    const outputs = file.entries.get("outputs")?.thunk.force();
    if (outputs?.type === "function") for (const name of outputs.formals?.keys() ?? []) names.add(name);
    names.delete("self");
    return [...names].sort().map((name) => [name, delayed(null, () => this.#input(name, declared))]);
  }

  #input(name: string, declared: Value | undefined): Value {
    const node = this.#lock && this.#node ? inputNode(this.#lock, this.#node, name) : null;
    if (node && node === this.#lock?.root) return this.self.force();
    return this.#source(name, node, declaredReference(declared, name));
  }

  #source(name: string, node: LockNode | null, asked: Asked): Value {
    const reference =
      node?.original?.type === "path" ? node.original : (node?.locked ?? node?.original ?? asked.reference);
    const known = [node?.locked, node?.original, asked.reference].filter((r): r is InputReference => !!r);
    const info: InputInfo = {
      name,
      reference,
      virtualPath: `/<${name}>`,
      isFlake: node ? node.isFlake : asked.isFlake,
      lastModified: node?.lastModified ?? null,
      knowsMicrovm: this.#knowsMicrovm(node, known),
      isPublic: known.length > 0 && known.every(isPublic),
    };
    const value = inputValue(this.#world, info, known, this, this.#lock, node);
    if (value.type !== "attrs" || !node || !info.isFlake || value.entries.has("inputs")) return value;
    const inputs: Attribute = { thunk: delayed(null, () => this.#inputsOf(name, node)), at: null };
    return { ...value, entries: new Map([...value.entries, ["inputs", inputs]]) };
  }

  /** What an input takes in itself, by the lock file; mostly that is what the workspace takes in, too. */
  #inputsOf(parent: string, node: LockNode): Value {
    const make = (name: string): Value => {
      const child = this.#lock && inputNode(this.#lock, node, name);
      if (!this.#lock || !this.#node || !child) return external(`input "${name}" of "${parent}"`);
      if (child === this.#lock.root) return this.self.force();
      for (const own of this.#node.inputs.keys()) {
        const same = inputNode(this.#lock, this.#node, own) === child;
        const known = same && this.#inputsByName?.find(([other]) => other === own)?.[1];
        if (known) return known.force();
      }
      // A path is meant from the source that names it, which is not here.
      if (child.original?.type === "path") return external(`input "${name}" of "${parent}"`);
      return this.#source(`${parent}.inputs.${name}`, child, { reference: null, isFlake: child.isFlake });
    };
    return attributes([...node.inputs.keys()].map((name) => [name, delayed(null, () => make(name))]));
  }

  #knowsMicrovm(node: LockNode | null, references: readonly InputReference[]): boolean | null {
    if (references.some(usesMicrovm)) return true;
    if (!node || !this.#lock) return references.length > 0 && references.every(isWellKnown) ? false : null;
    return dependsOn(this.#lock, node, (r) => r.repo === "microvm.nix");
  }

  #selfValue(): Value {
    const outputs = this.outputs.force();
    const { file } = this;
    const entries = new Map<string, Attribute>();
    const put = (name: string, value: Thunk | Value) => {
      const thunk = "force" in value ? value : ready(value);
      entries.set(name, { thunk, at: thunk.at });
    };
    let rest = null;
    if (outputs.type === "attrs") {
      for (const [name, entry] of outputs.entries) entries.set(name, entry);
      rest = outputs.rest;
    } else {
      rest = outputs.type === "unknown" ? outputs : wrongType("a set", outputs.type, outputs.origin.at);
    }
    const source = external("the flake's source");
    for (const name of sourceFacts) entries.set(name, { thunk: ready(source), at: null, conditional: source });
    const inputs = file.type === "attrs" ? this.#inputs(file) : [];
    put("outPath", string(this.folder));
    put("inputs", attributes([...inputs, ["self", this.self]]));
    put("outputs", this.outputs);
    put("sourceInfo", { ...attributes([["outPath", string(this.folder)]]), rest: source });
    put("_type", string("flake"));
    return {
      type: "attrs",
      entries,
      rest,
      origin: { at: outputs.type === "unknown" ? null : outputs.origin.at, step: "builtin", from: [] },
    };
  }
}

/** What flake.nix asks for. */
interface Asked {
  readonly reference: InputReference | null;
  readonly isFlake: boolean;
}

/** An input's value: a model, a flake of the workspace or the store, a plain source, or an open set. */
function inputValue(
  world: World,
  info: InputInfo,
  references: readonly InputReference[],
  parent: Flake,
  lock: Lock | null,
  node: LockNode | null,
): Value {
  for (const reference of references) {
    const model = world.options.models.find((m) => m.matches(reference));
    if (!model) continue;
    const file = model.file?.bind(model);
    world.provide(info.virtualPath, (path) => file?.(world, info, path) ?? null);
    return model.outputs(world, info);
  }
  const folder = localFolder(world, references, parent.folder);
  if (folder !== null) {
    if (!info.isFlake) return { ...attributes([["outPath", string(folder)]]), rest: external("the input's source") };
    return new Flake(world, folder, lock, node).self.force();
  }
  world.provide(info.virtualPath, () => world.unknownOf(info));
  return world.openInput(info);
}

/** The folder of an input's source, if it is on this machine and may be read. */
function localFolder(world: World, references: readonly InputReference[], parent: string): string | null {
  for (const { type, path, dir } of references) {
    if (path === null || (type !== "path" && type !== "git")) continue;
    const base = path.startsWith("/") ? path : resolve(parent, path);
    const folder = dir ? `${base}/${dir}` : base;
    if (world.files.type(folder).ok) return folder;
  }
  for (const { narHash, dir } of references) {
    const store = narHash ? sourceStorePath(narHash, world.options.storeDir) : null;
    if (store === null) continue;
    world.options.allow?.(store);
    if (world.files.type(store).ok) return dir ? `${store}/${dir}` : store;
  }
  return null;
}

function resolve(folder: string, relative: string): string {
  const parts = folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/") || "/";
}

/** What flake.nix says of an input: its address, and whether it is a flake. Inputs of inputs need no address. */
function declaredReference(declared: Value | undefined, name: string): Asked {
  const input = declared?.type === "attrs" ? declared.entries.get(name)?.thunk.force() : undefined;
  if (input?.type !== "attrs") return { reference: parseReference(name), isFlake: true };
  const get = (part: string) => input.entries.get(part)?.thunk.force();
  const url = get("url");
  const flake = get("flake");
  const isFlake = !(flake?.type === "boolean" && !flake.value);
  if (url?.type === "string" || url?.type === "path") return { reference: parseReference(url.value), isFlake };
  const type = get("type");
  if (type?.type === "string") {
    const text = (part: string) => {
      const value = get(part);
      return value?.type === "string" || value?.type === "path" ? value.value : "";
    };
    const address = type.value === "path" ? `path:${text("path")}` : `${type.value}:${text("owner")}/${text("repo")}`;
    return { reference: parseReference(address), isFlake };
  }
  const follows = get("follows");
  // Without a lock file: what another input calls "nixpkgs" is nixpkgs.
  if (follows?.type === "string") return { reference: parseReference(follows.value.split("/").pop() ?? name), isFlake };
  return { reference: parseReference(name), isFlake };
}
