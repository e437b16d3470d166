import type { TextEdit } from "../../base/edit.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import type { Place } from "../../nix/eval/value.ts";
import {
  type AttributeBinding,
  type AttributeSet,
  type Expression,
  type Node,
  type StringLiteral,
  spanOf,
} from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { ancestorsOf, descendantsOf, staticName, staticPath } from "../../nix/syntax/views.ts";
import type { RuleContext } from "../frame/rule.ts";
import type { Subject } from "../support/finding.ts";
import { indentationAt, insertBindings, insertion } from "./insert.ts";
import { inIndentedString } from "./nix-text.ts";
import { nodeOf } from "./nodes.ts";
import { type Argument, moduleArgument, moduleHead } from "./scope.ts";

/** Where shell lines can be added to a guest's `microvm.preStart`. */
export interface PreStartPlace {
  readonly tree: SyntaxTree;
  /** A node at the place, for asking what names mean there. */
  readonly at: Node;
  /** The set with the module's own attributes. */
  readonly module: AttributeSet;
  /** The packages of the machine that runs the guest, as a Nix expression. */
  readonly packages: Argument;
  /** The guest's own `config`, where it can be had there. */
  readonly config: string | null;
  /** The edits that add the lines; each line is what is written between `''` and `''`. */
  add(lines: readonly string[]): readonly TextEdit[];
}

/**
 * Finds that place, in a module of which every guest has the volume: `preStart` is put together from all modules, so that
 * what is said of one volume belongs where the volume is. An existing text of that module is extended at its beginning,
 * where the working directory is still the guest's own (lib/runner.nix runs preStart first); otherwise a new binding goes
 * beside one of `beside`, which are bindings below `microvm`. Null when nothing there can be edited.
 */
export function preStartPlace(
  context: RuleContext,
  { guest, volume }: Subject,
  beside: readonly (Node | null)[],
): PreStartPlace | null {
  for (const anchor of anchors(guest, beside)) {
    if (!isOfVolume(context, anchor.module, volume)) continue;
    const file = spanOf(anchor.attrs).file;
    const tree = context.tree(file);
    if (!tree) continue;
    const packages = hostPackages(tree, anchor.module, anchor.attrs);
    if (!packages) continue;
    const existing = preStartBindings(anchor.module);
    const first = existing[0];
    if (existing.length > 1) continue;
    const suffix = ".microvm.vmHostPackages";
    const config = packages.expression.endsWith(suffix) ? packages.expression.slice(0, -suffix.length) : null;
    const place = { tree, at: anchor.attrs, module: anchor.module, packages, config };
    if (first) {
      const literal = stringIn(first.value);
      if (literal) return { ...place, at: literal, add: (lines) => [...packages.edits, extend(tree, literal, lines)] };
      continue;
    }
    const head = `${[...anchor.prefix, "preStart"].join(".")} = ''`;
    return {
      ...place,
      add: (lines) => [
        ...packages.edits,
        insertBindings(
          tree,
          anchor.attrs,
          [head, ...lines.map((line) => (line === "" ? "" : `  ${line}`)), "'';"],
          anchor.after,
        ),
      ],
    };
  }
  return null;
}

/** True when the hypervisor is known to run `preStart` (lib/runners/vfkit.nix replaces it). */
export function runsPreStart(guest: Guest): boolean | null {
  const hypervisor = known(guest.hypervisor);
  return hypervisor === undefined ? null : hypervisor !== "vfkit";
}

/** Names of the guests that have this attribute set among their own modules. */
export function guestsOf(context: RuleContext, module: AttributeSet): string[] {
  return [...new Set(usersOf(context, module).map((guest) => guest.name))];
}

/** Whether every guest that has this module also has the volume. */
export function isOfVolume(context: RuleContext, module: AttributeSet, volume: Volume): boolean {
  return usersOf(context, module).every((guest) =>
    guest.volumes.some((each) => each === volume || (each.at !== null && each.at === volume.at)),
  );
}

/** The guests that have this attribute set among their own modules. */
export function usersOf(context: RuleContext, module: AttributeSet): Guest[] {
  const around = new Set<Node>([module, ...ancestorsOf(module)]);
  return context.declarations.guests.filter((guest) =>
    guest.modules.map(nodeOf).some((node) => node !== null && around.has(node)),
  );
}

/** The binding of `volumes` (or what comes nearest) around a volume. */
export function volumesBinding(volume: Volume): Node | null {
  for (let node = nodeOf(volume.at); node; node = node.parent) {
    if (node.kind === "binding") return node;
  }
  return null;
}

interface Anchor {
  readonly attrs: AttributeSet;
  readonly module: AttributeSet;
  /** What has to be written before `preStart` there: `microvm`, or nothing inside of `microvm = { … }`. */
  readonly prefix: readonly string[];
  readonly after?: AttributeBinding;
}

function* anchors(guest: Guest, beside: readonly (Node | null)[]): Generator<Anchor> {
  for (const binding of beside) {
    const names = binding?.kind === "binding" ? staticPath(binding.path) : null;
    if (binding?.kind !== "binding" || !names || binding.parent?.kind !== "attrs") continue;
    const module = moduleAround(binding.parent, guest);
    const prefix = names.slice(0, -1);
    if (module && isMicrovm(binding.parent, prefix)) yield { attrs: binding.parent, module, prefix, after: binding };
  }
  for (const attrs of microvmModules(guest.modules)) {
    const module = configOf(attrs);
    if (module) yield { attrs: module, module, prefix: ["microvm"] };
  }
}

/** The guest's own module that holds the set; the set of `config = { … }` counts as the module. */
function moduleAround(attrs: AttributeSet, guest: Guest): AttributeSet | null {
  const modules = new Set(guest.modules.map(nodeOf));
  for (const node of [attrs, ...ancestorsOf(attrs)]) {
    if (node.kind === "attrs" && modules.has(node)) return configOf(node) ?? node;
  }
  return null;
}

/**
 * Where options are set in a module: in itself, or in `config` when it has that as a set. Null when it has `options` or
 * `config` in another form: NixOS refuses other attributes beside them.
 */
export function configOf(module: AttributeSet): AttributeSet | null {
  let isPlain = true;
  for (const binding of module.bindings) {
    const [first, ...rest] = binding.kind === "inherit" ? [] : binding.path;
    const name = first && staticName(first);
    if (name === "config" && rest.length === 0 && binding.kind === "binding" && binding.value.kind === "attrs")
      return binding.value;
    if (name === "config" || name === "options") isPlain = false;
  }
  return isPlain ? module : null;
}

/**
 * The modules that set something of `microvm` already, so that they are made for guests or for hosts of guests: any other
 * module may belong to machines that know nothing of microvm.nix, and that we do not see.
 */
export function microvmModules(places: readonly Place[]): AttributeSet[] {
  return places
    .map(nodeOf)
    .filter((node) => node?.kind === "attrs")
    .filter((module) =>
      configOf(module)?.bindings.some(
        (binding) => binding.kind === "binding" && staticPath(binding.path.slice(0, 1))?.[0] === "microvm",
      ),
    );
}

/** Whether `prefix` in this set is the option path `microvm`, going outwards. */
function isMicrovm(attrs: AttributeSet, prefix: readonly string[]): boolean {
  if (prefix.length > 0) return prefix.at(-1) === "microvm";
  const around = attrs.parent;
  if (around?.kind !== "binding") return false;
  const last = around.path.at(-1);
  return last !== undefined && staticName(last) === "microvm";
}

/** Every `preStart` of `microvm` in the module, in whatever way its path is split. */
function preStartBindings(module: AttributeSet): AttributeBinding[] {
  const found: AttributeBinding[] = [];
  for (const node of descendantsOf(module)) {
    if (node.kind !== "binding" || node.parent?.kind !== "attrs") continue;
    const names = staticPath(node.path);
    if (names?.at(-1) === "preStart" && isMicrovm(node.parent, names.slice(0, -1))) found.push(node);
  }
  return found;
}

/** The text of `''…''`, `lib.mkBefore ''…''` or `lib.mkIf c ''…''`. */
function stringIn(value: Expression): StringLiteral | null {
  if (value.kind === "string") return value.style === "uri" ? null : value;
  if (value.kind === "parenthesized") return stringIn(value.body);
  return value.kind === "apply" ? stringIn(value.argument) : null;
}

function extend(tree: SyntaxTree, literal: StringLiteral, lines: readonly string[]): TextEdit {
  const { start, end } = spanOf(literal);
  if (literal.style === "quoted") return asIndented(tree, literal, lines);
  // Never a carriage return: Nix would keep it in the string, and the shell would stumble over it.
  const newline = "\n";
  const body = tree.text.slice(start + 2, end - 2);
  const firstBreak = /^[\t ]*\r?\n/.exec(body);
  if (!firstBreak) {
    const indent = `${indentationAt(tree.text, start)}  `;
    return insertion(tree, start + 2, lines.map((line) => newline + indent + line).join("") + newline + indent);
  }
  const at = start + 2 + firstBreak[0].length;
  const next = /^[\t ]*(?=\S)/.exec(tree.text.slice(at));
  const indent = next && at + next[0].length < end - 2 ? next[0] : `${indentationAt(tree.text, start)}  `;
  return insertion(tree, at, lines.map((line) => (line === "" ? newline : indent + line + newline)).join(""));
}

/** A text in double quotes becomes one of several lines, as a person would rewrite it to add lines. */
function asIndented(tree: SyntaxTree, literal: StringLiteral, lines: readonly string[]): TextEdit {
  const outer = indentationAt(tree.text, spanOf(literal).start);
  const indent = `${outer}  `;
  const old = literal.parts.map((part) => {
    const { start, end } = spanOf(part);
    return part.kind === "text" ? inIndentedString(part.value) : tree.text.slice(start, end);
  });
  const all = [...lines, ...old.join("").replace(/\n$/, "").split("\n")];
  const block = all.map((line) => (line === "" ? "\n" : `\n${indent}${line}`)).join("");
  return { span: spanOf(literal), newText: `''${block}\n${outer}''` };
}

/**
 * The packages of the machine that runs the guest: `config.microvm.vmHostPackages` where `config` is the guest's own
 * (options.nix: it differs from the guest's pkgs when `microvm.cpu` is set). A bare set in a host's module sees only the
 * host's `pkgs`, which are the same thing.
 */
function hostPackages(tree: SyntaxTree, module: AttributeSet, at: Node): Argument | null {
  const own = moduleArgument(tree, module, at, "config");
  if (own) return { expression: `${own.expression}.microvm.vmHostPackages`, edits: own.edits };
  if (moduleHead(module)) return null;
  for (const node of ancestorsOf(module)) {
    if (node.kind !== "lambda") continue;
    if (node.formals?.list.some((formal) => formal.name.name === "pkgs")) return { expression: "pkgs", edits: [] };
    if (node.formals && node.argument) return { expression: `${node.argument.name}.pkgs`, edits: [] };
  }
  return null;
}
