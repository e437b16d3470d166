import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { MarkupContent } from "vscode-languageserver";
import { createSnapshotProbe } from "../../server/src/disk/snapshot/probe-snapshot.ts";
import { factsToJson } from "../../server/src/disk/snapshot/serialize.ts";
import { Engine } from "../../server/src/engine/engine.ts";
import { createProbe } from "../../server/src/engine/probes.ts";
import type { HostSetting } from "../../server/src/engine/settings.ts";
import { hover } from "../../server/src/features/hover.ts";
import { overview } from "../../server/src/features/overview.ts";
import { defaultSettings } from "../../server/src/features/session/settings.ts";
import { page } from "../../server/src/report/page.ts";
import { storageReport } from "../../server/src/report/storage.ts";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { workspace } from "../cli/workspace.ts";
import { fakeHosts } from "../harness/fake-disk.ts";
import { testParser } from "../harness/memory-files.ts";
import { session } from "../rules/faces.ts";
import { type Reason, reasons } from "./reasons.ts";

/** The folder of a case, and the options that name its hosts. */
async function prepare({ files, disk, argv = [] }: Reason): Promise<{ cwd: string; hosts: string[] }> {
  const cwd = workspace(files);
  if (disk === null) return { cwd, hosts: [...argv] };
  const [host] = fakeHosts(disk);
  const request = { stateDir: "/var/lib/microvms", paths: [], directories: [] };
  const facts = await host?.probe.observe(request);
  if (!facts) throw new Error("no host");
  writeFileSync(join(cwd, "host.json"), JSON.stringify(factsToJson(facts)));
  return { cwd, hosts: ["--snapshot", "host.json", ...argv] };
}

const told: string[] = [];
afterAll(() => expect(new Set(told).size).toBeGreaterThanOrEqual(30));

describe.each(reasons)("$name", (reason) => {
  const { cause, codes, noGuest } = reason;

  test("is said in the terminal, with its exit code", async () => {
    const { cwd, hosts } = await prepare(reason);
    const json = await run(["check", "--json", ...hosts, "."], { cwd });
    const document = JSON.parse(json.out);
    expect(schemaErrors("check", document)).toEqual([]);
    const items: { cause: string; reason: string; toDo: string }[] = document.notJudged;
    expect(items.map((item) => item.cause)).toContain(cause);
    expect(json.code).toBe(codes[0]);
    expect((await run(["check", "--strict", ...hosts, "."], { cwd })).code).toBe(codes[1]);
    const item = items.find((each) => each.cause === cause);
    if (reason.toDo !== undefined) expect(item?.toDo).toContain(reason.toDo);
    for (const locale of ["en", "zh-cn"]) {
      const { out, err, code } = await run(["check", "--locale", locale, ...hosts, "."], { cwd });
      expect(code).toBe(codes[0]);
      expect(out).toMatch(locale === "en" ? /not judged\.\n$/ : /未能判断/);
      expect(out).not.toMatch(/^Nothing to report in \d+ guests?\.$/m);
      if (locale === "en") expect(err).toContain(item?.toDo);
    }
    const github = (await run(["check", "--format", "github", ...hosts, "."], { cwd })).out;
    expect(github).toMatch(/^::notice .*title=not judged::/m);
    const { runs } = JSON.parse((await run(["check", "--format", "sarif", ...hosts, "."], { cwd })).out);
    const open = runs[0].results.filter((result: { kind?: string }) => result.kind === "open");
    const notes = runs[0].invocations[0].toolExecutionNotifications;
    expect([...open, ...notes].map(({ properties }) => properties.cause)).toContain(cause);
    const plan = await run(["plan", ...hosts, "."], { cwd });
    expect(plan.out).toContain("not judged");
    expect(plan.out).not.toMatch(/^ {2}no volumes$/m);
    expect(plan.code).toBe(codes[0] === 2 ? 2 : 0);
    const planned = JSON.parse((await run(["plan", "--json", ...hosts, "."], { cwd })).out);
    expect(schemaErrors("plan", planned)).toEqual([]);
    expect(planned.notJudged.map((each: { cause: string }) => each.cause)).toContain(cause);
    told.push(reason.name);
  });

  test("is said in the editor", async () => {
    const { cwd, hosts } = await prepare(reason);
    const settings: HostSetting[] = [];
    for (let at = 0; at < hosts.length; at += 2) {
      const value = hosts[at + 1] as string;
      if (hosts[at] === "--snapshot")
        settings.push({ name: JSON.parse(await text(join(cwd, value))).host, via: { snapshot: join(cwd, value) } });
      if (hosts[at] === "--host") settings.push({ name: value, via: { ssh: value } });
      if (hosts[at] === "--state-dir") settings.push({ name: "here", via: "local", stateDir: join(cwd, value) });
    }
    const engine = new Engine({
      parser: await testParser(),
      roots: [cwd],
      settings: { hosts: settings, rules: {} },
      createProbe: (setting) =>
        typeof setting.via === "object" && "snapshot" in setting.via
          ? createSnapshotProbe({ host: setting.name, file: setting.via.snapshot })
          : createProbe(setting),
    });
    try {
      const snapshot = await engine.snapshot();
      const here = session({ ...defaultSettings, hosts: settings });
      const item = snapshot.notJudged().items.find((each) => each.cause === cause);
      const toDo = item?.toDo.editor.template.en.replace(/\{.*/, "") ?? "?";
      const view = overview(here, snapshot);
      expect(view.notJudged.summary).toContain("not judged");
      expect(view.notJudged.lines.join("\n")).toContain(toDo);
      const html = page(
        storageReport(snapshot, "en", () => null),
        { locale: "en", place: () => "" },
      );
      expect(html).toContain("not judged");
      expect(html).not.toContain("Nothing to report.");
      if (noGuest) return;
      const path = join(cwd, "flake.nix");
      const source = snapshot.tree(path)?.text ?? "";
      const words = ["web.config", "image ="].map((word) => {
        const at = source.indexOf(word);
        const shown = at < 0 ? null : hover({ session: here, snapshot, path }, at + 1);
        return shown === null ? "" : (shown.contents as MarkupContent).value;
      });
      const guests = view.hosts.flatMap(({ guests }) => guests);
      const rows = guests.flatMap((guest) => [...guest.notJudged, ...guest.volumes.flatMap((each) => each.notJudged)]);
      const hosted = item?.what === "host" && item.volumes.length === 0;
      if (!hosted && item?.what !== "configuration") {
        expect(unmarked(words.join("\n"))).toContain(unmarked(toDo));
        expect(rows.join("\n")).toContain(toDo);
      }
    } finally {
      engine.dispose();
    }
  });
});

/** Without the backslashes that keep characters from being Markdown. */
function unmarked(text: string): string {
  return text.replace(/[\\`]/g, "");
}

async function text(file: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(file, "utf8");
}
