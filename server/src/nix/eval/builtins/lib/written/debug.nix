# Functions of lib/debug.nix of nixpkgs, in our own words.
lib:
{
  # bool -> string -> a -> a
  traceIf = condition: message: x: if condition then builtins.trace message x else x;

  # a -> a
  traceVal = x: x;

  # (a -> b) -> a -> a
  traceValFn = f: x: x;

  # a -> b -> b
  traceSeq = x: y: builtins.deepSeq x y;

  # int -> a -> b -> b
  traceSeqN = depth: x: y: y;

  # a -> a
  traceValSeq = x: builtins.deepSeq x x;

  # (a -> b) -> a -> a
  traceValSeqFn = f: x: builtins.deepSeq x x;

  # int -> a -> a
  traceValSeqN = depth: x: x;

  # (a -> b) -> int -> a -> a
  traceValSeqNFn = f: depth: x: x;

  # int -> string -> (a -> b) -> a -> b
  traceFnSeqN = depth: name: f: x: f x;

  # [bool] -> { expr, expected }
  testAllTrue = expr: { inherit expr; expected = map (x: true) expr; };

  # { ${name} :: { expr, expected } } -> [{ name, expected, result }]
  runTests =
    tests:
    let
      wanted = tests.tests or [ ];
      counts = name: if wanted == [ ] then lib.hasPrefix "test" name else lib.elem name wanted;
      fails = name: counts name && tests.${name}.expr != tests.${name}.expected;
    in
    map (name: { inherit name; inherit (tests.${name}) expected; result = tests.${name}.expr; }) (builtins.filter fails (builtins.attrNames tests));
}
