// Writes data.json: names, types, defaults and values of the options of microvm.nix, from its own declarations.
// Needs nix-instantiate:  node server/src/features/options/generate.mjs --lib NIXPKGS/lib --microvm MICROVM.NIX --revision R

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { lib: { type: "string" }, microvm: { type: "string" }, revision: { type: "string" } },
});
if (!values.lib || !values.microvm || !values.revision) {
  console.error("usage: generate.mjs --lib NIXPKGS/lib --microvm FOLDER --revision COMMIT");
  process.exit(2);
}
const argv = ["--eval", "--strict", "--json", join(here, "extract.nix")];
argv.push("--arg", "lib", resolve(values.lib), "--arg", "microvm", resolve(values.microvm));
const options = JSON.parse(execFileSync("nix-instantiate", argv, { encoding: "utf8", maxBuffer: 64 << 20 }));
for (const list of Object.values(options)) {
  for (const option of list) {
    // Derived from the host name, which is ours here.
    if (option.name === "microvm.machineId") option.default = null;
    for (const key of ["values", "default", "example"]) if (option[key] === null) delete option[key];
    if (!option.required) delete option.required;
  }
}
const data = { source: "https://github.com/microvm-nix/microvm.nix", revision: values.revision, ...options };
writeFileSync(join(here, "data.json"), `${JSON.stringify(data, null, 1)}\n`);
console.log(`${data.guest.length} options of guests, ${data.host.length} of hosts`);
