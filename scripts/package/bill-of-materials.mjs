// The bill of materials (CycloneDX 1.6): the packages whose code is in the bundles, with their licences and checksums.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundledPackages } from "../lib/contents.mjs";
import { root } from "../lib/run.mjs";

/** The document as text. `madeAt` is in seconds since 1970. */
export function billOfMaterials(version, madeAt) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const components = bundledPackages().map(({ name, version: of, licence, used, path }) => ({
    type: "library",
    "bom-ref": purl(name, of),
    name,
    version: of,
    purl: purl(name, of),
    licenses: [{ license: { id: licence } }],
    hashes: hashes(packages[`node_modules/${path}`]?.integrity),
    properties: [{ name: "microvm-lens:bundledInto", value: used.join(" ") }],
  }));
  const self = purl("microvm-lens", version);
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(madeAt * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": self,
        name: "microvm-lens",
        version,
        purl: self,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components,
    dependencies: [{ ref: self, dependsOn: components.map((component) => component["bom-ref"]) }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function purl(name, version) {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** npm's integrity (`sha512-…`, base64) in CycloneDX' form. */
function hashes(integrity = "") {
  const [, content] = /^sha512-(.+)$/.exec(integrity) ?? [];
  return content === undefined ? [] : [{ alg: "SHA-512", content: Buffer.from(content, "base64").toString("hex") }];
}
