import { always, dependOn } from "../eval/dependencies.ts";
import { becauseOf, fails, unknown, wrongType } from "../eval/make.ts";
import type { Attribute, AttributesValue, Place, Unknown, Value } from "../eval/value.ts";
import { delayed, Thunk } from "../eval/value.ts";
import {
  asGentle,
  type Definition,
  type DefinitionSet,
  definitionsOf,
  isOurModel,
  type Open,
  pushDown,
  typeName,
  typeTag,
  uncertain,
} from "./definition.ts";
import { rewrap } from "./discharge.ts";
import { type Declaration, type EvaluatedOption, evaluateOption, isOption } from "./option.ts";
import { refuse, showOption } from "./refusal.ts";
import { mergeByShape, notModelled } from "./shape.ts";
import type { MergeContext } from "./types/type.ts";

/** What to do with definitions of options that nobody declares. */
export type Undeclared = "drop" | "shape";

export interface LevelInput {
  readonly context: MergeContext;
  /** Asked when a value is: "free" is left to the free-form type. */
  readonly undeclared: () => Undeclared | "free";
  /** Not the whole tree of an evaluation. */
  readonly inner?: boolean;
  /** Some module that we do not have may declare more options. */
  readonly moreOptions: boolean;
  readonly loc: readonly string[];
  /** Sets of declarations, by module. */
  readonly declarations: readonly Declaration[];
  readonly definitions: readonly Definition[];
  readonly opens: readonly Open[];
}

/** A definition of an option that nobody declares, with its path from the level that was asked. */
export interface UndeclaredDefinition {
  readonly path: readonly string[];
  readonly definition: Definition;
}

/** One level of the option tree: the options whose path begins alike (`mergeModules'` of lib/modules.nix). */
export class Level {
  readonly #input: LevelInput;
  readonly #declared = new Map<string, Declaration[]>();
  #undeclarable: Unknown | null = null;
  #sets: DefinitionSet[] | null = null;
  #reading = false;
  #opens: Open[] = [];
  readonly #nodes = new Map<string, Level | EvaluatedOption | Unknown>();
  #config: AttributesValue | null = null;
  #options: AttributesValue | null = null;

  constructor(input: LevelInput) {
    this.#input = input;
    for (const { file, value } of input.declarations) {
      const set = value.force();
      if (set.type !== "attrs") {
        this.#undeclarable ??= set.type === "unknown" ? set : wrongType("a set of options", set.type, value.at);
        continue;
      }
      if (set.rest) this.#undeclarable ??= set.rest;
      for (const [name, { thunk, at }] of set.entries) {
        const found = this.#declared.get(name);
        const declaration = { file, value: thunk, at, written: set.origin.step === "literal" };
        if (found) found.push(declaration);
        else this.#declared.set(name, [declaration]);
      }
    }
  }

  /** The values. Names of undeclared options are there only where they are merged by shape. */
  get config(): AttributesValue {
    if (this.#config) return this.#config;
    if (this.#reading) return this.#declaredOnly();
    const entries = new Map<string, Attribute>();
    for (const [name, [declaration]] of this.#declared) {
      const at = declaration?.at ?? null;
      entries.set(name, { at, thunk: new Below(at, this, name) });
    }
    let rest = this.#undeclarable;
    if (this.#input.undeclared() === "shape") {
      const sets = this.#definitionSets();
      if (!this.#isOwn || this.#opens.some((open) => !open.foreign)) rest ??= notModelled(this.#input.loc);
      for (const { set } of sets) {
        for (const [name, { at }] of set.entries) {
          if (entries.has(name)) continue;
          const path = [...this.#input.loc, name];
          const merge = () =>
            mergeByShape(this.#input.context, path, definitionsOf(name, this.#definitionSets()), this.#opens);
          entries.set(name, { at, thunk: delayed(at, merge) });
        }
      }
    }
    this.#config = { type: "attrs", entries, rest, origin: { at: null, step: "merge", from: [] } };
    return this.#config;
  }

  /**
   * The values for a definition that asks for them while it is being read, as in `ghaf = optionalAttrs (config.ghaf ? x) …`.
   * Declarations alone decide which names there are, unless a free-form type or definitions of unknown options add some.
   */
  #declaredOnly(): AttributesValue {
    const { inner, undeclared, opens } = this.#input;
    const merged = inner ? undeclared() : "free";
    const closed = merged === "drop" || (merged === "shape" && this.#isOwn && opens.every((open) => open.foreign));
    const entries = new Map<string, Attribute>();
    for (const [name, [declaration]] of this.#declared) {
      const at = declaration?.at ?? null;
      entries.set(name, { at, thunk: new Below(at, this, name) });
    }
    const rest = this.#undeclarable ?? (closed ? null : unknown({ reason: "cycle" }));
    return { type: "attrs", entries, rest, origin: { at: null, step: "merge", from: [] } };
  }

  /** The values below a name whose definitions are being read right now; null if they are not. */
  beingRead(name: string): Value | null {
    const node = this.#nodes.get(name);
    return node instanceof Level && node.#reading ? node.config : null;
  }

  /** The declarations with their values. */
  get options(): AttributesValue {
    if (this.#options) return this.#options;
    const entries = new Map<string, Attribute>();
    for (const [name, [declaration]] of this.#declared) {
      const at = declaration?.at ?? null;
      const thunk = delayed(at, () => {
        const node = this.node(name);
        if (node instanceof Level) return node.options;
        return node === null
          ? fails(`no option ${name}`)
          : "type" in node && node.type === "unknown"
            ? node
            : (node as EvaluatedOption).asValue.force();
      });
      entries.set(name, { at, thunk });
    }
    const mayBeMore = this.#input.moreOptions && !(this.#isOwn && this.#input.opens.every((open) => open.foreign));
    const rest = this.#undeclarable ?? (mayBeMore ? notModelled(this.#input.loc) : null);
    this.#options = { type: "attrs", entries, rest, origin: { at: null, step: "merge", from: [] } };
    return this.#options;
  }

  /** The workspace's own name space: neither NixOS nor a model of ours declares options here. */
  get #isOwn(): boolean {
    const { loc, declarations } = this.#input;
    const [first] = loc;
    return first !== undefined && !sharedNames.has(first) && !declarations.some((d) => isOurModel(d.file));
  }

  /** The option at a path, if it is declared. */
  option(path: readonly string[]): EvaluatedOption | null {
    const [name, ...others] = path;
    const node = name === undefined ? null : this.node(name);
    if (node instanceof Level) return node.option(others);
    return node !== null && "declarations" in node && others.length === 0 ? node : null;
  }

  /** True when some module defines the option at a path, whatever the definition comes to. */
  defines(path: readonly string[]): boolean {
    const [name, ...others] = path;
    if (name === undefined) return false;
    if (others.length === 0) return this.#definitionSets().some(({ set }) => set.entries.has(name));
    const node = this.node(name);
    return node instanceof Level && node.defines(others);
  }

  /** The values below one name that is declared here. */
  below(name: string): Value | null {
    return this.#declared.has(name) ? this.valueOf(name) : null;
  }

  /** Definitions of options that nobody declares, in the order of lib/modules.nix. */
  undeclared(): UndeclaredDefinition[] {
    const found: [string, UndeclaredDefinition[]][] = [];
    const byName = new Map<string, UndeclaredDefinition[]>();
    // Only below these can there be any: most options of a level are defined by nobody.
    const defined = new Set<string>();
    for (const { set, wrappers, file } of this.#definitionSets()) {
      for (const [name, { thunk, at, conditional }] of set.entries) {
        if (this.#declared.has(name)) {
          defined.add(name);
          continue;
        }
        const unsure = uncertain(wrappers, conditional).filter((w) => w.kind === "uncertain");
        const value = rewrap(wrappers, thunk);
        const all = byName.get(name) ?? [];
        all.push({ path: [name], definition: { value, wrappers: unsure, file, at } });
        byName.set(name, all);
      }
    }
    found.push(...byName);
    for (const name of defined) {
      const node = this.node(name);
      if (!(node instanceof Level)) continue;
      found.push([name, node.undeclared().map((one) => ({ ...one, path: [name, ...one.path] }))]);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flatMap(([, all]) => all);
  }

  /** Names of options and of sets of options. */
  get names(): Iterable<string> {
    return this.#declared.keys();
  }

  /** Why there may be definitions, or declarations, that are not seen. */
  get doubts(): readonly Open[] {
    this.#definitionSets();
    return this.#undeclarable
      ? [...this.#opens, { because: this.#undeclarable, wrappers: [], foreign: false }]
      : this.#opens;
  }

  /** What is declared under a name: an option, more levels, or neither when that is not known. */
  node(name: string): Level | EvaluatedOption | Unknown | null {
    const known = this.#nodes.get(name);
    if (known) return known;
    const declarations = this.#declared.get(name);
    if (!declarations) return null;
    const made = this.#makeNode(name, declarations);
    // While the definitions are being read, a node knows none of them: it must not stay.
    if (!this.#reading) this.#nodes.set(name, made);
    return made;
  }

  #makeNode(name: string, declarations: readonly Declaration[]): Level | EvaluatedOption | Unknown {
    const { context, undeclared, moreOptions, loc } = this.#input;
    const path = [...loc, name];
    const definitions = definitionsOf(name, this.#definitionSets());
    const opens = opensOf(this.#opens, declarations);
    const values = declarations.map((d) => d.value.force());
    const wrong = declarations.map((d, i) => wrongDeclaration(path, d, values[i] as Value)).find((w) => w !== null);
    if (wrong) return wrong;
    const unreadable = values.find((v) => v.type !== "attrs");
    if (unreadable) {
      return unreadable.type === "unknown"
        ? becauseOf(unreadable, path.join("."))
        : wrongType("an option", unreadable.type, declarations[0]?.at ?? null);
    }
    if (values.some(isOption)) return evaluateOption(context, path, declarations, definitions, opens);
    return new Level({
      context,
      undeclared,
      inner: true,
      moreOptions,
      loc: path,
      declarations,
      definitions,
      opens: this.#opens,
    });
  }

  valueOf(name: string): Value {
    const node = this.node(name);
    if (node instanceof Level) return node.config;
    if (node === null) return notModelled([...this.#input.loc, name]);
    return "declarations" in node ? node.value.force() : node;
  }

  #definitionSets(): readonly DefinitionSet[] {
    if (this.#sets) return this.#sets;
    if (this.#reading) {
      this.#opens = [{ because: unknown({ reason: "cycle" }), wrappers: [], foreign: false }];
      return [];
    }
    this.#reading = true;
    const sets: DefinitionSet[] = [];
    const opens = [...this.#input.opens];
    for (const definition of this.#input.definitions) pushDown(definition, sets, opens, this.#input.loc);
    this.#reading = false;
    this.#opens = opens;
    this.#sets = sets;
    return sets;
  }
}

/** What stands in `options` but is neither an option nor a set of them. */
function wrongDeclaration(loc: readonly string[], { file, at }: Declaration, value: Value): Unknown | null {
  const definitions = [{ file, at }];
  if (value.type === "unknown") return null;
  if (value.type !== "attrs") {
    const message = `An option declaration for \`${showOption(loc)}' has type \`${typeName(value.type)}' rather than an attribute set.`;
    return refuse({ kind: "declaration", loc, message, definitions });
  }
  const tag = typeTag(value);
  if (tag === null || tag === "option") return null;
  const message = `In module ${file}: expected an option declaration at option path \`${showOption(loc)}' but got an attribute set with type ${tag}`;
  return refuse({ kind: "declaration", loc, message, definitions });
}

/** The value of an option that is declared here, or the values below that name. There are very many of these. */
class Below extends Thunk {
  readonly at: Place;
  readonly #level: Level;
  readonly #name: string;

  constructor(at: Place, level: Level, name: string) {
    super();
    this.at = at;
    this.#level = level;
    this.#name = name;
  }

  /** What is asked for while it is being read must not stay: it is not the whole value. */
  override force(): Value {
    const part = this.forced ? null : this.#level.beingRead(this.#name);
    if (part === null) return super.force();
    dependOn(always);
    return part;
  }

  protected compute(): Value {
    return this.#level.valueOf(this.#name);
  }
}

/** Names at the top of the option tree under which NixOS or well-known flakes declare options: there are more than we know. */
const sharedNames = new Set(
  `appstream assertions boot console containers documentation ec2 environment fileSystems fonts gtk hardware home-manager i18n
  ids image isoImage krb5 lib location meta microvm misc netboot networking nix nixops nixpkgs oci openstack passthru power
  powerManagement programs proxmox qt sdImage security services snapraid sops age disko sound specialisation stylix swapDevices
  system systemd testing time users virtualisation warnings wsl xdg zramSwap _module flake perSystem`.split(/\s+/),
);

/**
 * The unseen definitions that may be of this option. Modules of public flakes know no option of this workspace, and none of
 * microvm.nix unless they take it in.
 */
function opensOf(opens: readonly Open[], declarations: readonly Declaration[]): Open[] {
  if (opens.length === 0) return [];
  const ours = declarations.every((d) => isOurModel(d.file));
  return opens.flatMap((open) => {
    if (open.foreign) {
      const outputs = open.stranger && declarations.some((d) => d.file === "<flake-parts>");
      return outputs ? [{ ...open, foreign: false, because: asGentle(open.because) }] : [];
    }
    return open.private && ours ? [{ ...open, because: asGentle(open.because) }] : [open];
  });
}
