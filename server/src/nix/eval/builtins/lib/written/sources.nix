# Functions of lib/sources.nix of nixpkgs, in our own words.
lib:
{
  # string -> string -> bool
  cleanSourceFilter =
    name: type:
    let
      base = builtins.baseNameOf name;
      ends = suffix: lib.hasSuffix suffix base;
      isLike = pattern: builtins.match pattern base != null;
    in
    !(
      base == ".git"
      || type == "directory" && lib.elem base [ ".svn" "CVS" ".hg" ".jj" ".pijul" "_darcs" ]
      || ends "~"
      || isLike "\\.sw[a-z]"
      || isLike "\\..*\\.sw[a-z]"
      || ends ".o"
      || ends ".so"
      || type == "symlink" && lib.hasPrefix "result" base
      || type == "unknown"
    );

  # path -> source
  cleanSource = src: lib.cleanSourceWith { inherit src; filter = lib.cleanSourceFilter; };

  # { src, filter ? …, name ? null } -> source
  cleanSourceWith =
    { src, filter ? (path: type: true), name ? null }:
    let
      filtered = src ? _isLibCleanSourceWith;
      origin = if filtered then src.origSrc else src;
      both = path: type: filter path type && (!filtered || src.filter path type);
      newName = if name != null then name else if filtered then src.name else "source";
    in
    {
      _isLibCleanSourceWith = true;
      origSrc = origin;
      filter = both;
      name = newName;
      outPath = builtins.path { filter = both; path = origin; name = newName; };
    };

  # path -> [string] -> source
  sourceByRegex =
    src: patterns:
    let
      root = toString (if src ? _isLibCleanSourceWith then src.origSrc else src) + "/";
    in
    lib.cleanSourceWith { inherit src; filter = path: type: lib.any (p: builtins.match p (lib.removePrefix root (toString path)) != null) patterns; };

  # path -> [string] -> source
  sourceFilesBySuffices =
    src: suffixes:
    lib.cleanSourceWith { inherit src; filter = name: type: type == "directory" || lib.any (s: lib.hasSuffix s (builtins.baseNameOf name)) suffixes; };

  # any -> bool
  pathHasContext = builtins.hasContext;

  # any -> bool
  canCleanSource = src: src ? _isLibCleanSourceWith || !builtins.hasContext (toString src);

  # string -> string
  urlToName = url: lib.last (lib.splitString "/" (lib.removeSuffix ".git" (lib.removeSuffix "/" (toString url))));
}
