import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Engine, type Snapshot } from "../../server/src/engine/engine.ts";
import type { Severity } from "../../server/src/rules/frame/rule.ts";
import { shellParser } from "../shell/parser.ts";
import { fakeHosts } from "./fake-disk.ts";
import { testParser } from "./memory-files.ts";

/** A folder with the files of a fixture or example, and the engine that looks at it. */
export interface TestWorkspace {
  readonly folder: string;
  readonly engine: Engine;
  /** Path in the fixture to path in the folder, and back. */
  path(name: string): string;
  name(path: string): string;
  snapshot(): Promise<Snapshot>;
  dispose(): void;
}

export interface WorkspaceOptions {
  readonly disk?: readonly string[] | null;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Where the user says that the guests are kept; left out: where their configuration says. */
  readonly stateDir?: string;
  /** Steps that evaluation may take; default: as many as for users. */
  readonly steps?: number;
}

/**
 * Writes the files below a new temporary folder and opens it with the real engine; only the hosts are made up. Call
 * `dispose` in the end.
 */
export async function openWorkspace(
  files: Iterable<readonly [string, string]>,
  options: WorkspaceOptions = {},
): Promise<TestWorkspace> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "lens-fixture-")));
  for (const [name, text] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const hosts = options.disk ? fakeHosts(options.disk) : fakeHosts(["host localhost absent"]);
  const rules = (options.settings?.["microvmLens.rules"] ?? options.settings?.["rules"] ?? {}) as Record<
    string,
    Severity | "off"
  >;
  const engine = new Engine({
    parser: await testParser(),
    loadShell: shellParser,
    roots: [folder],
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
    ...(options.steps === undefined ? {} : { budget: { steps: options.steps } }),
    settings: { hosts: hosts.map(({ name }) => ({ name, via: "local" as const })), rules },
    createProbe: (setting) => {
      const host = hosts.find(({ name }) => name === setting.name);
      if (!host) throw new Error(`no host ${setting.name} in the fixture`);
      return host.probe;
    },
  });
  return {
    folder,
    engine,
    path: (name) => join(folder, name),
    name: (path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length) : path),
    snapshot: () => engine.snapshot(),
    dispose: () => {
      engine.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
