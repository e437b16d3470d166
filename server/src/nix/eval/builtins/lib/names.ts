/**
 * Which names nixpkgs has where: `builtins` that the sets of lib pass on, and the names that `lib` itself repeats from its
 * sets. From the `inherit`s of lib/default.nix and of the files of the sets, over the releases from 23.05 on.
 */
export const passedOn: Readonly<Record<string, string>> = {
  attrsets:
    "attrNames attrValues getAttr hasAttr isAttrs removeAttrs intersectAttrs catAttrs mapAttrs listToAttrs zipAttrsWith",
  lists: "head tail length isList elemAt genList map filter elem any all concatMap concatLists partition groupBy",
  strings:
    "compareVersions elem elemAt filter fromJSON genList head isInt isList isAttrs isPath isString match parseDrvName readFile replaceStrings split storeDir stringLength substring tail toJSON typeOf unsafeDiscardStringContext appendContext",
  trivial:
    "pathExists readFile isBool isInt isFloat add sub mul div lessThan seq deepSeq genericClosure bitAnd bitOr bitXor ceil floor",
  filesystem: "baseNameOf dirOf isPath readDir readFileType hashFile",
  versions: "compareVersions splitVersion",
  debug: "trace addErrorContext unsafeGetAttrPos",
  sources: "filterSource",
  derivations: "addDrvOutputDependencies unsafeDiscardOutputDependency",
  flakes: "parseFlakeRef flakeRefToString",
};

/** Builtins that are names of `lib` itself. */
export const builtinsOfLib =
  "getContext hasContext convertHash hashString parseDrvName placeholder fromJSON fromTOML toFile toJSON toString toXML tryEval";

/** Names of `lib` that are not modelled and stand in none of its sets: of the flake, of the fixpoint, and of old releases. */
export const otherNames = "nixos __unfix__ readPathsFromFile replaceChars zip zipWithNames";

/** The time between whose beginning and end (seconds since 1970) every name that `lib` had is in these tables. */
export const namesKnown = { from: Date.UTC(2023, 4, 31) / 1000, until: Date.UTC(2026, 5, 14) / 1000 };

export const repeated: Readonly<Record<string, string>> = {
  trivial:
    "id const pipe concat or and mul div xor bitAnd bitOr bitXor bitNot boolToString boolToYesNo mergeAttrs flip defaultTo mapNullable inNixShell isFloat min max importJSON importTOML warn warnIf warnIfNot throwIf throwIfNot checkListOfEnum info showWarnings nixpkgsVersion version isInOldestRelease oldestSupportedReleaseIsAtLeast mod compare splitByAndCompare seq deepSeq lessThan add sub functionArgs setFunctionArgs isFunction toFunction mirrorFunctionArgs fromHexString toHexString toBaseDigits inPureEvalMode isBool isInt pathExists genericClosure readFile ceil floor",
  fixedPoints:
    "fix fix' converge extends composeExtensions composeManyExtensions makeExtensible makeExtensibleWithCustomName toExtension",
  attrsets:
    "attrByPath hasAttrByPath setAttrByPath getAttrFromPath attrVals attrNames attrValues getAttrs catAttrs filterAttrs filterAttrsRecursive foldlAttrs foldAttrs collect nameValuePair mapAttrs mapAttrs' mapAttrsToList attrsToList concatMapAttrs mapAttrsRecursive mapAttrsRecursiveCond mapAttrsToListRecursive mapAttrsToListRecursiveCond genAttrs genAttrs' isDerivation toDerivation optionalAttrs zipAttrsWithNames zipAttrsWith zipAttrs recursiveUpdateUntil recursiveUpdate matchAttrs mergeAttrsList overrideExisting showAttrPath getOutput getFirstOutput getBin getLib getStatic getDev getInclude getMan chooseDevOutputs recurseIntoAttrs dontRecurseIntoAttrs cartesianProduct cartesianProductOfSets mapCartesianProduct updateManyAttrsByPath mapAttrsFlatten listToAttrs hasAttr getAttr isAttrs intersectAttrs removeAttrs longestValidPathPrefix",
  lists:
    "singleton forEach map foldr fold foldl foldl' imap0 imap1 filter ifilter0 concatMap flatten remove findSingle findFirst any all count optional optionals toList range replicate partition zipListsWith zipLists reverseList listDfs toposort sort sortOn naturalSort compareLists take takeEnd drop dropEnd sublist last init crossLists unique uniqueStrings allUnique intersectLists subtractLists mutuallyExclusive groupBy groupBy' concatLists genList length head tail elem elemAt isList concatAttrValues replaceElemAt",
  strings:
    "concatStrings concatMapStrings concatImapStrings stringLength substring isString replaceString replaceStrings intersperse concatStringsSep concatMapStringsSep concatMapAttrsStringSep concatImapStringsSep concatLines makeSearchPath makeSearchPathOutput makeLibraryPath makeIncludePath makeBinPath optionalString hasInfix hasPrefix hasSuffix join stringToCharacters stringAsChars escape escapeShellArg escapeShellArgs isStorePath isStringLike isCoercibleToString isValidPosixName toShellVar toShellVars trim trimWith escapeRegex escapeURL escapeXML lowerChars upperChars toLower toUpper toCamelCase toSentenceCase typeOf addContextFrom splitString splitStringBy removePrefix removeSuffix versionOlder versionAtLeast getName getVersion match split cmakeOptionType cmakeBool cmakeFeature mesonOption mesonBool mesonEnable nameFromURL enableFeature enableFeatureAs withFeature withFeatureAs fixedWidthString fixedWidthNumber toInt toIntBase10 fileContents appendContext unsafeDiscardStringContext",
  stringsWithDeps: "textClosureList textClosureMap noDepEntry fullDepEntry packEntry stringAfter",
  customisation:
    "overrideDerivation makeOverridable callPackageWith callPackagesWith extendDerivation hydraJob makeScope makeScopeWithSplicing makeScopeWithSplicing' extendMkDerivation renameCrossIndexFrom renameCrossIndexTo mapCrossIndex",
  derivations:
    "lazyDerivation optionalDrvAttr warnOnInstantiate addDrvOutputDependencies unsafeDiscardOutputDependency",
  generators: "mkLuaInline",
  meta: "addMetaAttrs dontDistribute setName updateName appendToName mapDerivationAttrset setPrio lowPrio lowPrioSet hiPrio hiPrioSet licensesSpdx getLicenseFromSpdxId getLicenseFromSpdxIdOr getExe getExe'",
  filesystem:
    "pathType pathIsDirectory pathIsRegularFile baseNameOf dirOf isPath packagesFromDirectoryRecursive hashFile readDir readFileType",
  sources:
    "cleanSourceFilter cleanSource sourceByRegex sourceFilesBySuffices commitIdFromGitRepo cleanSourceWith pathHasContext canCleanSource pathIsGitRepo revOrTag repoRevToName filterSource",
  modules:
    "evalModules setDefaultModuleLocation unifyModuleSyntax applyModuleArgsIfFunction mergeModules mergeModules' mergeOptionDecls mergeDefinitions pushDownProperties dischargeProperties filterOverrides sortProperties fixupOptionType mkIf mkAssert mkDefinition mkMerge mkOverride mkOptionDefault mkDefault mkImageMediaOverride mkForce mkVMOverride mkFixStrictness mkOrder mkBefore mkAfter mkAliasDefinitions mkAliasAndWrapDefinitions fixMergeModules mkRemovedOptionModule mkRenamedOptionModule mkRenamedOptionModuleWith mkMergedOptionModule mkChangedOptionModule mkAliasOptionModule mkDerivedConfig doRename mkAliasOptionModuleMD defaultPriority evalOptionValue",
  options:
    "isOption mkEnableOption mkSinkUndeclaredOptions mergeDefaultOption mergeOneOption mergeEqualOption mergeUniqueOption getValues getFiles optionAttrSetToDocList optionAttrSetToDocList' scrubOptionValue literalExpression literalExample literalDocBook showOption showOptionWithDefLocs showFiles unknownModule mkOption mkPackageOption mkPackageOptionMD literalMD mdDoc",
  types: "isType setType defaultTypeMerge defaultFunctor isOptionType mkOptionType",
  asserts: "assertMsg assertOneOf",
  debug:
    "trace traceIf traceVal traceValFn traceSeq traceSeqN traceValSeq traceValSeqFn traceValSeqN traceValSeqNFn traceFnSeqN addErrorContext unsafeGetAttrPos runTests testAllTrue",
  misc: "maybeEnv defaultMergeArg defaultMerge foldArgs maybeAttrNullable maybeAttr ifEnable checkFlag getValue checkReqs uniqList uniqListExt condConcat lazyGenericClosure innerModifySumArgs modifySumArgs innerClosePropagation closePropagation nvs setAttr setAttrMerge mergeAttrsWithFunc mergeAttrsConcatenateValues mergeAttrsNoOverride mergeAttrByFunc mergeAttrsByFuncDefaults mergeAttrsByFuncDefaultsClean mergeAttrBy fakeHash fakeSha256 fakeSha512 nixType imap",
  versions: "compareVersions splitVersion",
  "network.ipv6": "mkEUI64Suffix",
  flakes: "parseFlakeRef flakeRefToString",
};

/** Sets of lib of which nothing is modelled: everything in them is unknown. */
export const opaqueSets = "licenses maintainers teams sourceTypes fetchers platforms services";
