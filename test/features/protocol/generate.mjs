// Makes model.generated.json from the protocol's own description of itself, which is not published with its packages:
//   node test/features/protocol/generate.mjs <protocol/metaModel.json of microsoft/vscode-languageserver-node> <revision>
// Only types are kept, and only those of what a server sends: results of the client's requests, and its own messages.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [file, revision] = process.argv.slice(2);
if (!file || !/^[0-9a-f]{40}$/.test(revision ?? "")) throw new Error("usage: generate.mjs <metaModel.json> <revision>");
const meta = JSON.parse(readFileSync(file, "utf8"));
const structures = new Map(meta.structures.map((structure) => [structure.name, structure]));
const enumerations = new Map(meta.enumerations.map((enumeration) => [enumeration.name, enumeration]));
const aliases = new Map(meta.typeAliases.map((alias) => [alias.name, alias]));
/** Recursive types that stand for "any JSON". */
const any = new Set(["LSPAny", "LSPObject", "LSPArray"]);

const used = { objects: {}, enumerations: {}, aliases: {} };
const model = {
  origin: {
    repository: "https://github.com/microsoft/vscode-languageserver-node",
    file: "protocol/metaModel.json",
    revision,
    version: meta.metaData.version,
    licence: "MIT, Copyright (c) Microsoft Corporation",
  },
  results: {},
  params: {},
  registrations: {},
  capabilities: {},
};
for (const { method, result, params, registrationOptions, messageDirection, clientCapability } of [
  ...meta.requests,
  ...meta.notifications,
]) {
  if (messageDirection !== "clientToServer") {
    model.params[method] = params ? short(params) : "none";
    if (clientCapability) model.capabilities[method] = clientCapability;
  }
  if (messageDirection !== "serverToClient") {
    if (result) model.results[method] = short(result);
    if (registrationOptions) model.registrations[method] = [clientCapability ?? "", short(registrationOptions)];
  }
}
const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
for (const [name, types] of Object.entries(used)) model[name] = sorted(types);
// A type a line: a later revision then shows what has changed.
const text = JSON.stringify(model, null, 1)
  .replace(/\n {3,}/g, " ")
  .replace(/\n {2}([}\]])/g, "$1");
writeFileSync(join(import.meta.dirname, "model.generated.json"), `${text}\n`);

/** A type as a name, or as a list that begins with its kind. */
function short(type) {
  switch (type.kind) {
    case "base":
      return type.name;
    case "reference":
      return named(type.name);
    case "array":
      return ["array", short(type.element)];
    case "map":
      return ["map", short(type.value)];
    case "or":
    case "tuple":
      return [type.kind, type.items.map(short)];
    case "and":
      return ["object", Object.assign({}, ...type.items.map(({ name }) => properties(structures.get(name))))];
    case "literal":
      return ["object", properties({ properties: type.value.properties })];
    case "stringLiteral":
      return ["const", type.value];
    default:
      throw new Error(`a new kind of type: ${JSON.stringify(type)}`);
  }
}

function named(name) {
  if (any.has(name)) return "any";
  const structure = structures.get(name);
  const enumeration = enumerations.get(name);
  if (structure && !used.objects[name]) {
    used.objects[name] = {};
    used.objects[name] = properties(structure);
  } else if (enumeration) {
    const values = enumeration.values.map(({ value }) => value);
    used.enumerations[name] = enumeration.supportsCustomValues ? [enumeration.type.name] : values;
  } else if (aliases.has(name) && !used.aliases[name]) {
    used.aliases[name] = "any";
    used.aliases[name] = short(aliases.get(name).type);
  } else if (!structure && !aliases.has(name)) throw new Error(`an unknown type: ${name}`);
  return name;
}

/** Properties of a structure with those that it takes from others; the name of an optional one ends in a question mark. */
function properties({ extends: parents = [], mixins = [], properties: own }) {
  const inherited = [...parents, ...mixins].map(({ name }) => properties(structures.get(name)));
  const mine = own.map(({ name, type, optional }) => [optional ? `${name}?` : name, short(type)]);
  const all = Object.assign({}, ...inherited);
  for (const [name, type] of mine) {
    // A structure may narrow what it inherits.
    const bare = name.replace(/\?$/, "");
    delete all[bare];
    delete all[`${bare}?`];
    all[name] = type;
  }
  return all;
}
