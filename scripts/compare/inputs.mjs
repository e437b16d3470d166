import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The inputs of a flake as an expression for harness.nix: ours, real ones out of `flakes`, or stubs. */
export function inputsFor(repo, texts, flakes) {
  const lockFile = join(repo, "flake.lock");
  const lock = existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, "utf8")) : null;
  const flakeText = readFileSync(join(repo, "flake.nix"), "utf8");
  const root = lock?.nodes?.[lock.root ?? "root"];
  const names = root ? Object.keys(root.inputs ?? {}) : formalsOf(flakeText);
  const of = (name, target) => {
    const node = target ? lock.nodes[Array.isArray(target) ? follow(lock, target) : target] : null;
    return inputFor({ repo, texts, flakes, of }, name, node);
  };
  const parts = names.filter((n) => n !== "self").map((name) => `${quote(name)} = ${of(name, root?.inputs?.[name])};`);
  return `{ nixpkgs, microvmFlake, callFlake, stubInput, newerFlakeUtils, real, root }: { ${parts.join(" ")} }`;
}

function follow(lock, path) {
  let key = lock.root ?? "root";
  for (const part of path) {
    const next = lock.nodes[key]?.inputs?.[part];
    key = Array.isArray(next) ? follow(lock, next) : next;
  }
  return key;
}

function inputFor({ repo, texts, flakes, of }, name, node) {
  const locked = node?.locked ?? {};
  const original = node?.original ?? {};
  const repository = (
    locked.repo ??
    original.repo ??
    /[/:]([^/:]+?)(?:\.git)?(?:\?.*)?$/.exec(locked.url ?? original.url ?? "")?.[1] ??
    original.id ??
    name
  ).toLowerCase();
  const owner = (locked.owner ?? original.owner ?? "").toLowerCase();
  if (/^nixpkgs|^nixos-\d|channels\.nixos\.org/.test(repository) || /nixos\.org|nixpkgs/.test(locked.url ?? ""))
    return "nixpkgs";
  if (repository === "microvm.nix" || repository === "microvm") return "microvmFlake";
  const inner = () =>
    `{ ${Object.entries(node?.inputs ?? {})
      .map(([n, t]) => `${quote(n)} = ${of(n, t)};`)
      .join(" ")} }`;
  const path = original.path ?? locked.path;
  if ((locked.type === "path" || original.type === "path") && path && !path.startsWith("/"))
    return `(callFlake ${nixPath(join(repo, path))} ${inner()})`;
  // A fork, or the owner's new name, is as good.
  const known = flakes && existsSync(flakes) ? readdirSync(flakes) : [];
  const mirrored =
    known.find((n) => n.toLowerCase() === `${owner}+${repository}`) ??
    known.find((n) => n.toLowerCase().endsWith(`+${repository}`));
  if (mirrored && node?.flake !== false) {
    const nixpkgsLib =
      repository === "flake-parts"
        ? "{ nixpkgs-lib = nixpkgs; }"
        : repository === "flake-utils"
          ? '{ systems.outPath = builtins.toFile "systems.nix" \'\'[ "aarch64-linux" "aarch64-darwin" "x86_64-darwin" "x86_64-linux" ]\'\'; }'
          : inner();
    if (repository === "default" || repository === "default-linux")
      return `{ outPath = ${nixPath(join(flakes, mirrored))}; }`;
    const flake = `(callFlake ${nixPath(join(flakes, mirrored))} ${nixpkgsLib})`;
    return repository === "flake-utils" ? `(newerFlakeUtils ${flake})` : flake;
  }
  const used = [
    ...`${texts}\n${flakeTexts(flakes)}`.matchAll(
      new RegExp(`\\b${name.replace(/[^\w-]/g, "\\$&")}\\.(?:[\\w-]+\\.)?(?:[\\w-]+\\.)?([\\w-]+)`, "g"),
    ),
  ].map((m) => m[1]);
  used.push("sops", "home-manager", "disko", "agenix", "age", "impermanence", "lanzaboote", "stylix", "nixvim");
  return `(stubInput ${quote(name)} (builtins.fromJSON ${quote(JSON.stringify([...new Set(used)]))}))`;
}

/** The text of the flakes that are used as they are: they name parts of other inputs, too. */
let textsOfFlakes = null;
function flakeTexts(flakes) {
  textsOfFlakes ??= flakes
    ? nixFiles(flakes)
        .map((file) => readFileSync(file, "utf8"))
        .join("\n")
    : "";
  return textsOfFlakes;
}

function formalsOf(text) {
  const body = /outputs\s*=\s*(?:\w+\s*@\s*)?\{([^}]*)\}/.exec(text)?.[1] ?? "";
  const declared = [...text.matchAll(/^\s*(?:inputs\.)?([\w-]+)(?:\.url)?\s*=\s*(?:\{\s*url|")/gm)].map((m) => m[1]);
  return [...new Set([...(body.match(/[\w-]+/g) ?? []), ...declared])].filter(
    (n) => !["self", "description", "url"].includes(n),
  );
}

/** All Nix files below a folder. */
export function nixFiles(folder, found = [], depth = 0) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < 12 && entry.name !== ".git") nixFiles(path, found, depth + 1);
    else if (entry.isFile() && entry.name.endsWith(".nix") && statSync(path).size < 400_000) found.push(path);
  }
  return found;
}

/** A path as a Nix expression. */
export function nixPath(path) {
  return `(/. + ${quote(path)})`;
}

/** A Nix string. */
export function quote(text) {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\$\{/g, "\\${").replace(/\n/g, "\\n")}"`;
}
