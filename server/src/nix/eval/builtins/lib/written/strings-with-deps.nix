# Functions of lib/strings-with-deps.nix of nixpkgs, in our own words.
lib:
{
  # string -> { text, deps }
  noDepEntry = text: { inherit text; deps = [ ]; };

  # string -> [string] -> { text, deps }
  fullDepEntry = text: deps: { inherit text deps; };

  # [string] -> { text, deps }
  packEntry = deps: { inherit deps; text = ""; };

  # [string] -> string -> { text, deps }
  stringAfter = deps: text: { inherit text deps; };

  # { ${name} :: { text, deps } | string } -> [string] -> [string]
  textClosureList =
    predefined: names:
    let
      visit = done: todo:
        if todo == [ ] then { inherit done; result = [ ]; }
        else
          let
            entry = builtins.head todo;
            others = builtins.tail todo;
            deps = visit done entry.deps;
            rest = visit deps.done others;
          in
          if builtins.isAttrs entry then { inherit (rest) done; result = deps.result ++ [ entry.text ] ++ rest.result; }
          else if done ? ${entry} then visit done others
          else visit (done // { ${entry} = 1; }) ([ predefined.${entry} ] ++ others);
    in
    (visit { } names).result;

  # (string -> string) -> attrs -> [string] -> string
  textClosureMap = f: predefined: names: lib.concatMapStringsSep "\n" f (lib.textClosureList predefined names);
}
