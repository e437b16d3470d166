import type { FileSource } from "../files.ts";
import { type InputReference, referenceOfAttributes } from "./reference.ts";

/** One node of a flake.lock. */
export interface LockNode {
  readonly key: string;
  /** Where the locked source comes from; null for the root. */
  readonly locked: InputReference | null;
  /** What flake.nix asked for. */
  readonly original: InputReference | null;
  readonly isFlake: boolean;
  /** When the locked source was last changed, in seconds since 1970. */
  readonly lastModified: number | null;
  /** Names of inputs to node keys, or to paths from the root (`follows`). */
  readonly inputs: ReadonlyMap<string, string | readonly string[]>;
}

/** A parsed flake.lock. */
export interface Lock {
  readonly root: LockNode;
  readonly nodes: ReadonlyMap<string, LockNode>;
}

/** The flake.lock beside a flake.nix; null when there is none or it cannot be read. */
export function readLock(files: FileSource, folder: string): Lock | null {
  const text = files.text(`${folder}/flake.lock`);
  if (!text.ok) return null;
  let json: unknown;
  try {
    json = JSON.parse(text.value);
  } catch {
    return null;
  }
  if (!isRecord(json) || !isRecord(json["nodes"])) return null;
  const nodes = new Map<string, LockNode>();
  for (const [key, node] of Object.entries(json["nodes"])) if (isRecord(node)) nodes.set(key, nodeOf(key, node));
  const root = nodes.get(typeof json["root"] === "string" ? json["root"] : "root");
  return root ? { root, nodes } : null;
}

/** The node that an input of a node means, `follows` resolved. */
export function inputNode(lock: Lock, from: LockNode, name: string, depth = 0): LockNode | null {
  const target = from.inputs.get(name);
  if (target === undefined || depth > 32) return null;
  if (typeof target === "string") return lock.nodes.get(target) ?? null;
  let at: LockNode | null = lock.root;
  for (const part of target) at = at && inputNode(lock, at, part, depth + 1);
  return at;
}

/**
 * Does the node, or anything that it takes in, come from a source that satisfies the test? An input that follows nothing
 * (`follows = ""`) is the workspace's own flake in the lock file; people write it to drop an input, and what that flake
 * takes in is not the node's affair.
 */
export function dependsOn(lock: Lock, from: LockNode, test: (reference: InputReference) => boolean): boolean {
  const seen = new Set<LockNode>();
  const queue = [from];
  for (const node of queue) {
    if (seen.has(node)) continue;
    seen.add(node);
    if ((node.locked && test(node.locked)) || (node.original && test(node.original))) return true;
    for (const name of node.inputs.keys()) {
      const next = inputNode(lock, node, name);
      if (next && next !== lock.root) queue.push(next);
    }
  }
  return false;
}

function nodeOf(key: string, node: Record<string, unknown>): LockNode {
  const inputs = new Map<string, string | readonly string[]>();
  if (isRecord(node["inputs"])) {
    for (const [name, target] of Object.entries(node["inputs"])) {
      if (typeof target === "string") inputs.set(name, target);
      else if (Array.isArray(target))
        inputs.set(
          name,
          target.filter((part): part is string => typeof part === "string"),
        );
    }
  }
  const reference = (part: unknown) => (isRecord(part) ? referenceOfAttributes(part) : null);
  const modified = isRecord(node["locked"]) ? node["locked"]["lastModified"] : null;
  return {
    key,
    inputs,
    lastModified: typeof modified === "number" ? modified : null,
    locked: reference(node["locked"]),
    original: reference(node["original"]),
    isFlake: node["flake"] !== false,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
