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
 * Flakes whose modules have nothing to do with microvm.nix. Used where no lock file tells what a flake takes in, and for
 * modules of flake-parts. Source: none of them has microvm.nix among its inputs, at any depth, in the lock files of 230
 * public flakes that take them in (checked in November 2026). Under another owner's name a flake may be anything.
 */
const wellKnown = new Set(
  `NixOS/nixpkgs nix-community/disko nix-community/home-manager rycee/home-manager Mic92/sops-nix ryantm/agenix
  oddlama/agenix-rekey yaxitech/ragenix nix-community/impermanence nix-community/preservation WilliButz/preservation
  NixOS/nixos-hardware nix-community/lanzaboote danth/stylix nix-community/stylix nix-community/nixvim nix-community/NUR
  nix-community/NixOS-WSL LnL7/nix-darwin nix-darwin/nix-darwin nix-community/nixos-generators
  nix-community/nixos-anywhere numtide/nixos-anywhere serokell/deploy-rs zhaofengli/colmena numtide/treefmt-nix
  cachix/git-hooks.nix cachix/pre-commit-hooks.nix edolstra/flake-compat NixOS/flake-compat nix-community/flake-compat
  numtide/flake-utils hercules-ci/flake-parts nix-community/nix-index-database Mic92/nix-index-database
  simple-nixos-mailserver/nixos-mailserver Infinidoge/nix-minecraft nix-community/nixos-vscode-server
  msteen/nixos-vscode-server NixOS/nix cachix/nix catppuccin/nix zhaofengli/attic nlewo/comin oddlama/nix-topology
  sodiboo/niri-flake hyprwm/Hyprland nix-community/plasma-manager pjones/plasma-manager nix-community/srvos numtide/srvos
  numtide/nixos-facter-modules nix-community/nixos-facter-modules nix-community/authentik-nix rasmus-kirk/nixarr
  nix-media-server/nixarr gmodena/nix-flatpak chaotic-cx/nyx DeterminateSystems/determinate Maroka-chan/VPN-Confinement
  musnix/musnix Jovian-Experiments/Jovian-NixOS oxalica/rust-overlay nix-community/fenix ipetkov/crane numtide/devshell
  Mic92/nix-fast-build SEIAROTg/quadlet-nix mirkolenz/quadlet-nix Platonic-Systems/process-compose-flake
  juspay/services-flake terranix/terranix srid/flake-root nicknovitski/make-shell mightyiam/files
  drupol/pkgs-by-name-for-flake-parts vic/import-tree denful/import-tree clan/clan-core clan-lol/clan-core
  nix-community/nixos-apple-silicon tpwrules/nixos-apple-silicon microvm-lens/microvm-lens`
    .toLowerCase()
    .split(/\s+/),
);

/** What these names mean without an owner (github:NixOS/flake-registry). */
const registered = new Set([
  "disko",
  "fenix",
  "flake-parts",
  "flake-utils",
  "home-manager",
  "nix",
  "nix-darwin",
  "nixos-hardware",
  "nixpkgs",
  "nur",
  "sops-nix",
]);

export function isWellKnown({ owner, repo, type }: InputReference): boolean {
  if (repo === null) return false;
  return owner === null ? type === "indirect" && registered.has(repo) : wellKnown.has(`${owner}/${repo}`);
}

/** Flakes whose modules use microvm.nix by way of the inputs that they are given, so that no lock file tells. */
const aware = new Set(["nixos-extra-modules", "provision-nix", "ghaf", "clan-infra"]);

export function usesMicrovm(reference: InputReference): boolean {
  return reference.repo !== null && aware.has(reference.repo);
}
