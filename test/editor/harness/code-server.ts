import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Installation } from "./install.ts";

const run = promisify(execFile);

export interface EditorOptions {
  readonly installation: Installation;
  /** A folder for everything that this editor writes: settings, extensions, logs. */
  readonly home: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly keybindings?: readonly { readonly key: string; readonly command: string; readonly args?: unknown }[];
  readonly locale?: string;
  /** False: the editor asks whether the folder is trusted. */
  readonly trusted?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Nothing may move, ask or phone home while a test looks at the page. */
const quietSettings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.reduceMotion": "on",
  "workbench.list.smoothScrolling": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.colorTheme": "Default Dark Modern",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.startupPrompt": "always",
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "window.commandCenter": false,
  "git.enabled": false,
  "git.openRepositoryInParentFolders": "never",
  "editor.minimap.enabled": false,
  "editor.hover.delay": 100,
  "editor.inlayHints.enabled": "on",
  "editor.cursorBlinking": "solid",
  "editor.smoothScrolling": false,
  "editor.accessibilitySupport": "off",
  "files.autoSave": "off",
  "files.simpleDialog.enable": true,
  "terminal.integrated.gpuAcceleration": "off",
};

/** Commands under keys of their own: what is typed into the palette may find another one. */
const ownKeys = [{ key: "ctrl+alt+f9", command: "workbench.action.files.saveAll" }];

/** A running code-server. */
export interface CodeServer {
  readonly port: number;
  /** Ends it and everything that it started. */
  stop(): Promise<void>;
}

/** Installs a packed extension into the editor's home. */
export async function installExtension({ installation, home }: EditorOptions, vsix: string): Promise<void> {
  const folders = ["--extensions-dir", join(home, "extensions"), "--user-data-dir", join(home, "data")];
  await run(installation.node, [installation.entry, "--install-extension", vsix, "--force", ...folders], {
    env: environment(home, {}),
  });
}

/** Starts code-server on a free port of this machine and waits until it answers. */
export async function startCodeServer(options: EditorOptions): Promise<CodeServer> {
  const { installation, home } = options;
  const data = join(home, "data");
  mkdirSync(join(data, "User"), { recursive: true });
  mkdirSync(join(home, "extensions"), { recursive: true });
  writeFileSync(join(data, "User/settings.json"), JSON.stringify({ ...quietSettings, ...options.settings }, null, 2));
  writeFileSync(
    join(data, "User/keybindings.json"),
    JSON.stringify([...ownKeys, ...(options.keybindings ?? [])], null, 2),
  );
  const port = await freePort();
  const log = openSync(join(home, "code-server.log"), "w");
  const argv = ["--config", "/dev/null", "--auth", "none", "--bind-addr", `127.0.0.1:${port}`];
  argv.push("--user-data-dir", data, "--extensions-dir", join(home, "extensions"));
  argv.push(
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-getting-started-override",
    "--ignore-last-opened",
  );
  if (options.locale !== undefined) argv.push("--locale", options.locale);
  if (options.trusted !== false) argv.push("--disable-workspace-trust");
  const child = spawn(installation.node, [installation.entry, ...argv], {
    stdio: ["ignore", log, log],
    detached: true,
    env: environment(home, options.environment ?? {}),
  });
  await healthy(child, port);
  return { port, stop: () => stopGroup(child) };
}

function environment(home: string, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const below = (name: string) => join(home, "xdg", name);
  const xdg = { XDG_DATA_HOME: below("data"), XDG_CONFIG_HOME: below("config"), XDG_STATE_HOME: below("state") };
  return { ...process.env, ...xdg, VSCODE_IPC_HOOK_CLI: "", NODE_OPTIONS: "", ...extra };
}

async function healthy(child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 2400; attempt++) {
    if (child.exitCode !== null) throw new Error(`code-server ended with ${child.exitCode}; see its log`);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await pause(50);
  }
  await stopGroup(child);
  throw new Error("code-server did not answer within two minutes");
}

async function stopGroup(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done();
    else child.once("exit", () => done());
  });
  try {
    process.kill(-(child.pid as number), "SIGTERM");
  } catch {
    // It has ended already.
  }
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
