import { readFileSync } from "node:fs";
import { Ajv } from "ajv";

type SchemaName =
  | "at-start"
  | "check"
  | "declared"
  | "explain-boot"
  | "image"
  | "inspect"
  | "metrics"
  | "plan"
  | "prune"
  | "scan"
  | "start-check"
  | "trend";

/** Why a document does not have the shape of docs/schemas/<name>.schema.json; empty when it has. */
export function schemaErrors(name: SchemaName, document: unknown): readonly string[] {
  const file = new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url);
  const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, validateFormats: false }).compile(
    JSON.parse(readFileSync(file, "utf8")),
  );
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "/"} ${message ?? ""}`);
}
