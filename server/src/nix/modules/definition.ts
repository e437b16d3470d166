import { becauseOf, wrongType } from "../eval/make.ts";
import type { AttributesValue, Place, Thunk, Unknown, Value, ValueType } from "../eval/value.ts";
import { refuse } from "./refusal.ts";

/**
 * A property that stands around a definition (`mkIf`, `mkOverride`, `mkOrder` of nixpkgs' lib/modules.nix), pushed down
 * from an attribute set to its attributes without looking at it. `uncertain`: the definition is there only if this
 * unknown condition holds.
 */
export type Wrapper =
  | { readonly kind: "if"; readonly condition: Thunk }
  | { readonly kind: "override" | "order"; readonly priority: Thunk }
  | { readonly kind: "uncertain"; readonly because: Unknown };

/** One definition of an option, or of a set of options, by one module. Outermost wrapper first. */
export interface Definition {
  readonly value: Thunk;
  readonly wrappers: readonly Wrapper[];
  /** `_file` of the module. */
  readonly file: string;
  /** The binding that gives it. */
  readonly at: Place;
}

/** There may be definitions that we do not see. Wrappers say under which conditions. */
export interface Open {
  readonly because: Unknown;
  readonly wrappers: readonly Wrapper[];
  /**
   * The definitions come from a module of somebody else's flake, which cannot know the options that the workspace declares
   * and has nothing to do with microvm.nix: only options that we know no declaration of may be defined.
   */
  readonly foreign: boolean;
  /**
   * The definitions come from a private flake that does not take in microvm.nix: it may add to lists and sets of microvm.nix,
   * but is not taken to replace the defaults of microvm.nix's options.
   */
  readonly private?: boolean;
  /** With `foreign`: the flake is not one that is known to leave `flake.nixosConfigurations` of flake-parts alone. */
  readonly stranger?: boolean;
  /** Real Nix fails to merge the option: only parts of a value stay known. */
  readonly fails?: boolean;
}

const gentle = new WeakSet<Unknown>();

/** Marks a reason for openness that leaves defaults alone: see {@link Open.private}. */
export function asGentle(of: Unknown): Unknown {
  if (gentle.has(of)) return of;
  const made = becauseOf(of, "…");
  gentle.add(made);
  return made;
}
export function isGentle(of: Unknown): boolean {
  return gentle.has(of);
}

/** What `_type` says a value is. */
export type Property =
  | { readonly kind: "plain"; readonly value: Value }
  | { readonly kind: "merge"; readonly contents: Thunk }
  | { readonly kind: "if"; readonly condition: Thunk; readonly content: Thunk }
  | { readonly kind: "override" | "order"; readonly priority: Thunk; readonly content: Thunk }
  | { readonly kind: "definition"; readonly file: Thunk | null; readonly content: Thunk };

/** Reads `mkIf`, `mkMerge` and the like by their `_type`; a property that lacks its parts is a plain value. */
export function propertyOf(value: Value): Property {
  if (value.type !== "attrs") return { kind: "plain", value };
  const type = typeTag(value);
  const get = (name: string) => value.entries.get(name)?.thunk;
  switch (type) {
    case "merge": {
      const contents = get("contents");
      return contents ? { kind: "merge", contents } : { kind: "plain", value };
    }
    case "if": {
      const [condition, content] = [get("condition"), get("content")];
      return condition && content ? { kind: "if", condition, content } : { kind: "plain", value };
    }
    case "override":
    case "order": {
      const [priority, content] = [get("priority"), get("content")];
      return priority && content ? { kind: type, priority, content } : { kind: "plain", value };
    }
    case "definition": {
      const content = get("value");
      return content ? { kind: "definition", file: get("file") ?? null, content } : { kind: "plain", value };
    }
    default:
      return { kind: "plain", value };
  }
}

/** The value of `_type` when it is a known string. */
export function typeTag(value: AttributesValue): string | null {
  const tag = value.entries.get("_type")?.thunk.force();
  return tag?.type === "string" ? tag.value : null;
}

/** An attribute set that defines options, free of properties at its top. */
export interface DefinitionSet {
  readonly set: AttributesValue;
  readonly wrappers: readonly Wrapper[];
  readonly file: string;
}

/**
 * Expands `mkMerge` and moves the other properties into the attributes, like `pushDownProperties` of lib/modules.nix.
 * Conditions are not looked at. What cannot be read gives an {@link Open}.
 */
export function pushDown(
  definition: Definition,
  sets: DefinitionSet[],
  opens: Open[],
  loc: readonly string[] = [],
): void {
  const { wrappers, file } = definition;
  const value = definition.value.force();
  if (value.type === "unknown") {
    opens.push({ because: value, wrappers, foreign: false });
    return;
  }
  if (value.type !== "attrs") {
    const because = notASet(value.type, definition, loc);
    opens.push({ because, wrappers, foreign: false, fails: !wrappers.some((w) => w.kind === "uncertain") });
    return;
  }
  const property = propertyOf(value);
  switch (property.kind) {
    case "merge": {
      const contents = property.contents.force();
      if (contents.type !== "list") {
        const because = contents.type === "unknown" ? contents : wrongType("a list", contents.type, definition.at);
        opens.push({ because, wrappers, foreign: false });
        return;
      }
      for (const item of contents.items) {
        const inner = { ...definition, value: item.thunk, wrappers: uncertain(wrappers, item.conditional) };
        pushDown(inner, sets, opens, loc);
      }
      if (contents.rest) opens.push({ because: contents.rest, wrappers, foreign: false });
      return;
    }
    case "if":
      pushDown(
        {
          ...definition,
          value: property.content,
          wrappers: [...wrappers, { kind: "if", condition: property.condition }],
        },
        sets,
        opens,
        loc,
      );
      return;
    case "override":
      pushDown(
        {
          ...definition,
          value: property.content,
          wrappers: [...wrappers, { kind: "override", priority: property.priority }],
        },
        sets,
        opens,
        loc,
      );
      return;
    default:
      sets.push({ set: value, wrappers, file });
      if (value.rest) opens.push({ because: value.rest, wrappers, foreign: false });
  }
}

function notASet(type: ValueType, { file, at }: Definition, loc: readonly string[]): Unknown {
  const option = loc.join(".");
  const message = `In module \`${file}', you're trying to define a value of type \`${typeName(type)}' rather than an attribute set for the option \`${option}'!`;
  return refuse({ kind: "type", loc, message, definitions: [{ file, at }], wanted: "attribute set" });
}

/** A type as `builtins.typeOf` names it. */
export function typeName(type: ValueType): string {
  const names: Partial<Record<ValueType, string>> = {
    integer: "int",
    boolean: "bool",
    attrs: "set",
    function: "lambda",
  };
  return names[type] ?? type;
}

/** The definitions of one attribute in sets that define options. */
export function definitionsOf(name: string, sets: readonly DefinitionSet[]): Definition[] {
  const found: Definition[] = [];
  for (const { set, wrappers, file } of sets) {
    const attribute = set.entries.get(name);
    if (attribute) {
      found.push({
        value: attribute.thunk,
        wrappers: uncertain(wrappers, attribute.conditional),
        file,
        at: attribute.at,
      });
    }
  }
  return found;
}

export function uncertain(wrappers: readonly Wrapper[], conditional: Unknown | undefined | null): readonly Wrapper[] {
  return conditional ? [...wrappers, { kind: "uncertain", because: conditional }] : wrappers;
}

/** Declared by a model of ours, which may lack options that the real modules have. */
export function isOurModel(file: string): boolean {
  return /^\/<|^<nixpkgs>|^<flake-parts>|^lib\/modules\.nix$/.test(file);
}
