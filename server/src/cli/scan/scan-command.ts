import { hostname } from "node:os";
import { resolve } from "node:path";
import { createProbe } from "../../engine/probes.ts";
import { type Command, flag, UsageError, word } from "../frame/command.ts";
import { hostsOf } from "../frame/hosts.ts";
import { problems } from "../frame/problems.ts";
import { scan } from "./scan.ts";

export const scanCommand: Command = {
  name: "scan",
  summary: "what is on disk (no configuration is read)",
  usage: "scan [OPTION…]",
  help: `
Looks at a state directory: guests, images, filesystems, what is deployed and what runs. Reads only.

  --state-dir DIR     default: /var/lib/microvms
  --host NAME         look at this host over ssh (repeatable); \`local\` is this machine
  --json              in place of the table, the snapshot that \`--snapshot\` reads (docs/schemas/scan.schema.json);
                      several hosts: one a line
`,
  options: {
    "state-dir": { type: "string" },
    host: { type: "string", multiple: true },
    json: { type: "boolean" },
  },
  async run(args, terminal) {
    if (args.positionals.length > 0) throw new UsageError(problems.scanNoPath());
    const named = hostsOf(args, terminal).settings;
    const hosts = named.length > 0 ? named : [{ name: hostname(), via: "local" } as const];
    const stateDir = word(args, "state-dir");
    const remote = hosts.some(({ via }) => via !== "local");
    return scan(
      {
        json: flag(args, "json"),
        locale: args.locale,
        probes: hosts.map(createProbe),
        // A path on another machine is not below our working directory.
        ...(stateDir === undefined ? {} : { stateDir: remote ? stateDir : resolve(terminal.cwd, stateDir) }),
      },
      {
        stdout: terminal.out,
        stderr: terminal.err,
        ...(terminal.width === null ? {} : { columns: terminal.width }),
      },
    );
  },
};
