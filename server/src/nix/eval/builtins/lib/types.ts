/**
 * The values of `lib.types`: descriptions of types, which the module system (server/src/nix/modules) reads by shape.
 *
 * A type is an attribute set:
 *
 *     _type = "option-type";
 *     name = "listOf";                 # the name that nixpkgs gives: "positiveInt" for ints.positive, "unsignedInt16" for port
 *     description = "list of string";
 *     check = value: …;                # real: says whether a definition is of the type; unknown where we cannot know
 *     nestedTypes = { elemType = …; };
 *     emptyValue = { value = [ ]; };   # { } where the type has none
 *     __parameters = { kind = "listOf"; elemType = …; };
 *
 * `merge`, `getSubOptions`, `functor` … are there too, and are unknown where they would need the module system.
 * `__parameters.kind` is the constructor, which says how to merge; the other parameters are by kind:
 *
 * | kind | further parameters |
 * | --- | --- |
 * | raw anything unspecified bool boolByOr int float str path package attrs fileset luaInline optionType optionDeclaration deferredModule json toml | – |
 * | ints.between, numbers.between (also unsigned, positive, u8, port …, number ranges) | `lowest`, `highest` (null: none) |
 * | nonEmptyStr singleLineStr | – |
 * | strMatching | `pattern` |
 * | separatedString (lines, commas, envVar) | `sep` |
 * | passwdEntry, listOf, nonEmptyListOf, attrsOf, lazyAttrsOf, attrListOf, nullOr, unique, functionTo | `elemType` |
 * | pathWith (pathInStore, externalPath) | `inStore`, `absolute` (null: either) |
 * | enum | `values` |
 * | either | `left`, `right` |
 * | coercedTo | `coercedType`, `coerceFunc`, `finalType` |
 * | submodule | `modules` (a list), `specialArgs`, `shorthandOnlyDefinesConfig` (a boolean) |
 * | deferredModule | `staticModules` (a list) |
 * | attrTag | `tags` |
 * | addCheck | `elemType` (merge as that), `check` (the further predicate); `name` is that of elemType |
 * | custom | mkOptionType by the user: `merge` and `check` of the type are the user's functions, or the defaults |
 *
 * `oneOf` is nested `either`; `uniq` is `unique`; `number` is `either int float`. A user's `type // { check = …; }` keeps
 * `__parameters` and has another `check`: look at `check` of the type itself, never at that of the parameters.
 */
export {};
