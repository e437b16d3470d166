lib:
let
  isTree = x: builtins.isAttrs x && x ? __importTree;
  isPathLike = x: builtins.isPath x || builtins.isString x || (builtins.isAttrs x && x ? outPath);
  isFolder = x: isPathLike x && !(isTree x) && lib.pathIsDirectory x;

  filesOf = x:
    if isTree x then x.files
    else if isFolder x then lib.filesystem.listFilesRecursive x
    else [ x ];

  ordinary = text: lib.hasSuffix ".nix" text && !(lib.hasInfix "/_" text);

  chosen = state: root:
    let
      given = lib.flatten [ state.paths root ];
      folders = map toString (builtins.filter isFolder given);
      below = x:
        let
          text = toString x;
          around = builtins.filter (folder: lib.hasPrefix folder text) folders;
        in
        if around == [ ] then text else lib.removePrefix (builtins.head around) text;
      first = if state.first == null then ordinary else state.first;
      stays = x:
        if isPathLike x then first (below x) && state.keep (below x)
        else (state.first == null || state.first x) && state.keep x;
    in
    map state.change (builtins.filter stays (builtins.concatMap filesOf given));

  finish = state: root:
    if state.finish == null then { imports = chosen state root; } else state.finish (chosen state root);

  make = state:
    let
      self = make state;
      keep = wanted: make (state // { keep = x: state.keep x && wanted x; });
    in
    builtins.mapAttrs (_: f: f self) state.api // {
      __importTree = true;
      # As a module it is called with the arguments of modules, and has been given its paths before.
      __functor = _: argument: finish state (if builtins.isAttrs argument && argument ? options then [ ] else argument);
      filter = keep;
      filterNot = unwanted: keep (x: !(unwanted x));
      match = pattern: keep (x: builtins.match pattern x != null);
      matchNot = pattern: keep (x: builtins.match pattern x == null);
      map = f: make (state // { change = x: f (state.change x); });
      addPath = path: make (state // { paths = state.paths ++ [ path ]; });
      addAPI = api: make (state // { api = state.api // api; });
      withLib = _: self;
      initFilter = first: make (state // { inherit first; });
      pipeTo = f: make (state // { finish = f; });
      leafs = make (state // { finish = files: files; });
      result = finish state [ ];
      files = chosen state [ ];
      new = make initial;
    };

  initial = {
    api = { };
    paths = [ ];
    keep = _: true;
    change = x: x;
    first = null;
    finish = null;
  };
in
make initial
