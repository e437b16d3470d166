/** Where a flake input comes from, as far as it matters here (Nix manual, "flake references"). */
export interface InputReference {
  /** github, gitlab, sourcehut, git, path, tarball, file, indirect … */
  readonly type: string;
  /** Lower case. */
  readonly owner: string | null;
  /** Lower case, without `.git`; the id of an indirect reference. */
  readonly repo: string | null;
  readonly url: string | null;
  readonly path: string | null;
  /** Sub-folder of the source that holds flake.nix. */
  readonly dir: string | null;
  readonly narHash: string | null;
  readonly rev: string | null;
}

/** A reference as flake.lock writes it. */
export function referenceOfAttributes(attributes: Readonly<Record<string, unknown>>): InputReference {
  const text = (name: string) => {
    const value = attributes[name];
    return typeof value === "string" ? value : null;
  };
  const type = text("type") ?? "unknown";
  const url = text("url");
  const fromUrl = url ? repositoryOf(url) : null;
  return {
    type,
    owner: text("owner")?.toLowerCase() ?? fromUrl?.owner ?? null,
    repo: (text("repo") ?? text("id"))?.toLowerCase() ?? fromUrl?.repo ?? null,
    url,
    path: text("path"),
    dir: text("dir"),
    narHash: text("narHash"),
    rev: text("rev"),
  };
}

/** A reference as flake.nix writes it: `github:owner/repo`, `path:./sub`, `git+https://…`, `nixpkgs` … */
export function parseReference(url: string): InputReference {
  const [address = "", query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  const base: InputReference = {
    type: "unknown",
    owner: null,
    repo: null,
    url,
    path: null,
    dir: parameters.get("dir"),
    narHash: parameters.get("narHash"),
    rev: null,
  };
  const scheme = /^([a-z+]+):(.*)$/.exec(address);
  if (!scheme) {
    if (/^[./]/.test(address)) return { ...base, type: "path", path: address };
    const [id = ""] = address.split("/");
    return { ...base, type: "indirect", repo: id.toLowerCase() };
  }
  const [, kind = "", rest = ""] = scheme;
  switch (kind) {
    case "github":
    case "gitlab":
    case "sourcehut": {
      const [owner = "", repo = ""] = rest.split("/");
      return { ...base, type: kind, owner: decode(owner), repo: decode(repo) };
    }
    case "path":
      return { ...base, type: "path", path: rest.replace(/^\/\/(?=\/)/, "") };
    case "flake": {
      const [id = ""] = rest.split("/");
      return { ...base, type: "indirect", repo: id.toLowerCase() };
    }
    default: {
      const local = /^git\+file:(?:\/\/)?(\/.*)$/.exec(address);
      if (local?.[1]) return { ...base, type: "git", path: local[1] };
      const repository = repositoryOf(address);
      return {
        ...base,
        type: kind.startsWith("git") ? "git" : "tarball",
        owner: repository?.owner ?? null,
        repo: repository?.repo ?? null,
      };
    }
  }
}

/** Owner and repository in the address of a forge, an archive of it, or a mirror of flakes. */
function repositoryOf(url: string): { readonly owner: string; readonly repo: string } | null {
  if (/channels\.nixos\.org|nixos\.org\/channels|releases\.nixos\.org/.test(url))
    return { owner: "nixos", repo: "nixpkgs" };
  const flakehub =
    /flakehub\.com\/f\/([^/]+)\/([^/]+)/.exec(url) ?? /api\.flakehub\.com\/f\/pinned\/([^/]+)\/([^/]+)/.exec(url);
  const forge =
    flakehub ??
    /^(?:[a-z+]+:)?\/\/(?:[^@/]+@)?[^/]+\/([^/?#]+)\/([^/?#]+)/.exec(url) ??
    /^[^:/]+@[^:]+:([^/]+)\/([^/?#]+)/.exec(url);
  const [, owner, repo] = forge ?? [];
  return owner && repo ? { owner: owner.toLowerCase(), repo: repo.toLowerCase().replace(/\.git$/, "") } : null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part).toLowerCase();
  } catch {
    return part.toLowerCase();
  }
}

/** True for sources that everybody can read: such a flake cannot know the options of this workspace. */
export function isPublic(reference: InputReference): boolean {
  if (
    reference.type === "github" ||
    reference.type === "gitlab" ||
    reference.type === "sourcehut" ||
    reference.type === "indirect"
  )
    return true;
  const url = reference.url ?? "";
  return (
    /^(git\+)?https:/.test(url) &&
    /github\.com|gitlab\.com|codeberg\.org|flakehub\.com|git\.sr\.ht|nixos\.org|git\.lix\.systems|git\.clan\.lol/.test(
      url,
    )
  );
}

/**
 * Flakes whose modules have nothing to do with microvm.nix, by repository. Used only where no lock file tells what a flake
 * takes in. Source: their flake.nix, none of which names microvm.nix among its inputs.
 */
const wellKnown = new Set([
  "nixpkgs",
  "disko",
  "home-manager",
  "sops-nix",
  "agenix",
  "agenix-rekey",
  "ragenix",
  "impermanence",
  "preservation",
  "nixos-hardware",
  "lanzaboote",
  "stylix",
  "nixvim",
  "nur",
  "nixos-wsl",
  "nix-darwin",
  "nixos-generators",
  "nixos-anywhere",
  "deploy-rs",
  "colmena",
  "treefmt-nix",
  "git-hooks.nix",
  "pre-commit-hooks.nix",
  "flake-compat",
  "flake-utils",
  "flake-parts",
  "systems",
  "nix-index-database",
  "simple-nixos-mailserver",
  "nixos-mailserver",
  "lix-module",
  "nix-minecraft",
  "vscode-server",
  "nixos-vscode-server",
  "catppuccin",
  "nix",
  "attic",
  "comin",
  "nix-topology",
  "niri-flake",
  "hyprland",
  "plasma-manager",
  "srvos",
  "nixos-facter-modules",
  "authentik-nix",
  "declarative-jellyfin",
  "nixarr",
  "nix-flatpak",
  "chaotic",
  "nyx",
  "determinate",
  "sops",
  "vpn-confinement",
  "musnix",
  "jovian-nixos",
  "rust-overlay",
  "fenix",
  "crane",
  "devshell",
  "nix-fast-build",
  "nixpkgs-stable",
  "nixpkgs-unstable",
  "quadlet-nix",
  "process-compose-flake",
  "services-flake",
  "terranix",
  "flake-root",
  "mission-control",
  "make-shell",
  "files",
  "pkgs-by-name-for-flake-parts",
  "import-tree",
  "clan-core",
]);

export function isWellKnown(reference: InputReference): boolean {
  return reference.repo !== null && wellKnown.has(reference.repo);
}

/** Flakes whose modules use microvm.nix by way of the inputs that they are given, so that no lock file tells. */
const aware = new Set(["nixos-extra-modules", "provision-nix", "ghaf", "clan-infra"]);

export function usesMicrovm(reference: InputReference): boolean {
  return reference.repo !== null && aware.has(reference.repo);
}
