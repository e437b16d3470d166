// How long an editor waits, as multiples of a server that does nothing (floor-server.mjs), in the same run, interleaved:
// the machine may be busy, so compare ratios, not milliseconds.
//   node test/bench/latency.mjs [--lines 100,1000,10000] [--edits 40] [--starts 7]

import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { writeExampleImage } from "../../scripts/write-example-image.mjs";
import { Client } from "./client.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "100,1000,10000" },
    edits: { type: "string", default: "40" },
    starts: { type: "string", default: "7" },
  },
});
const server = join(here, "../../dist/server.cjs");
if (!existsSync(server)) {
  console.error("dist/server.cjs is missing: npm run build");
  process.exit(2);
}
const servers = { floor: [join(here, "floor-server.mjs")], "microvm-lens": [server, "--stdio"] };
const linesOfGuest = 20;

for (const lines of values.lines.split(",").map(Number)) {
  const place = await makeFlake(Math.max(1, Math.round(lines / linesOfGuest)));
  try {
    await firstEver(place);
    const seen = { "start → initialize": {}, "start → first diagnostics": {} };
    for (let i = 0; i < Number(values.starts); i++) {
      for (const [name, argv] of Object.entries(servers)) await coldStart(name, argv, place, seen);
    }
    await typing(place, seen);
    report(lines, seen);
  } finally {
    rmSync(place.folder, { recursive: true, force: true });
  }
}

/** The first start after an installation leaves compiled code for all later ones, which are what is measured below. */
async function firstEver({ folder, uri, text, settings }) {
  const client = new Client(servers["microvm-lens"], settings);
  await client.initialize(folder);
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "nix", version: 1, text } });
  await client.request("textDocument/diagnostic", { textDocument: { uri } });
  await client.end();
}

async function coldStart(name, argv, { folder, uri, text, settings }, seen) {
  const client = new Client(argv, settings);
  note(seen, "start → initialize", name, await client.initialize(folder));
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "nix", version: 1, text } });
  await client.request("textDocument/diagnostic", { textDocument: { uri } });
  note(seen, "start → first diagnostics", name, performance.now() - client.started);
  await client.stop();
}

/** One character of a size is typed and taken back; after each, diagnostics are pulled, as VS Code does. */
async function typing({ folder, uri, text, settings, at }, seen) {
  const clients = {};
  for (const [name, argv] of Object.entries(servers)) {
    clients[name] = new Client(argv, settings);
    await clients[name].initialize(folder);
    clients[name].notify("textDocument/didOpen", { textDocument: { uri, languageId: "nix", version: 1, text } });
    const first = await clients[name].request("textDocument/diagnostic", { textDocument: { uri } });
    if (name !== "floor" && first.items.length === 0) throw new Error("no diagnostics: nothing is measured");
  }
  for (let version = 2; version < Number(values.edits) * 2 + 2; version++) {
    for (const [name, client] of Object.entries(clients)) {
      const typed = version % 2 === 0;
      const range = { start: at, end: typed ? at : { ...at, character: at.character + 1 } };
      client.notify("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [{ range, text: typed ? "7" : "" }],
      });
      note(
        seen,
        "keystroke → diagnostics",
        name,
        (await client.timed("textDocument/diagnostic", { textDocument: { uri } }))[1],
      );
      for (const method of ["hover", "completion", "codeAction"]) {
        const context = { diagnostics: [] };
        const params = { textDocument: { uri }, position: at, range: { start: at, end: at }, context };
        note(seen, method, name, (await client.timed(`textDocument/${method}`, params))[1]);
      }
    }
  }
  for (const [name, { pid }] of Object.entries(clients)) {
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    if (resident) note(seen, "memory (MiB)", name, Number(resident[1]) / 1024);
  }
  await Promise.all(Object.values(clients).map((client) => client.stop()));
}

function report(lines, seen) {
  console.log(`\n${lines} lines`);
  for (const [what, byName] of Object.entries(seen)) {
    const floor = summary(byName.floor);
    const ours = summary(byName["microvm-lens"]);
    const ratio = (ours.median / floor.median).toFixed(2);
    const numbers = ({ minimum, median, p95 }) =>
      [minimum, median, p95].map((value) => value.toFixed(2).padStart(8)).join("");
    console.log(`${what.padEnd(28)} floor${numbers(floor)}   ours${numbers(ours)}   median ratio ${ratio}`);
  }
}

function summary(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const pick = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { minimum: sorted[0], median: pick(0.5), p95: pick(0.95) };
}

function note(seen, what, name, value) {
  seen[what] ??= {};
  seen[what][name] ??= [];
  seen[what][name].push(value);
}

/** A flake of many guests in one file, with a state directory in which the first guest's image has another size. */
async function makeFlake(guests) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-bench-")));
  const stateDir = join(folder, "state");
  const guest = (i) => `      microvm.vms.guest${i}.config = {
        networking.hostName = "guest${i}";
        microvm = {
          hypervisor = "qemu";
          mem = 1024;
          vcpu = 2;
          writableStoreOverlay = "/nix/.rw-store";
          volumes = [
            {
              image = "overlay.img";
              mountPoint = "/nix/.rw-store";
              size = ${i === 0 ? 2048 : 512};
            }
            {
              image = "data.img";
              mountPoint = "/var";
              size = 256;
            }
          ];
        };
      };
`;
  const text = `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.host = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host {
${Array.from({ length: guests }, (_, i) => guest(i)).join("")}      } ];
    };
  };
}
`;
  const file = join(folder, "flake.nix");
  writeFileSync(file, text);
  mkdirSync(join(stateDir, "guest0"), { recursive: true });
  await writeExampleImage({ path: join(stateDir, "guest0/overlay.img"), sizeMiB: 512 });
  const before = text.slice(0, text.indexOf("2048") + 4).split("\n");
  const at = { line: before.length - 1, character: before.at(-1).length };
  const settings = { hosts: [{ name: "host", via: "local", stateDir }] };
  return { folder, uri: pathToFileURL(file).href, text, settings, at };
}
