import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Range, TextDocumentEdit, WorkspaceEdit } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { ImageRename } from "../../server/src/features/rename.ts";
import { run } from "../cli/run.ts";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, TestClient } from "./client.ts";

const old = "nix-store-overlay.img";
const capabilities = {
  ...modern,
  textDocument: { ...modern.textDocument, rename: { prepareSupport: true } },
};

let workspace: Workspace;
let client: TestClient;
let uri: string;

beforeEach(async () => {
  workspace = await makeWorkspace();
  const web = readFileSync(workspace.guest, "utf8").replace(
    `hypervisor = "qemu";`,
    `hypervisor = "qemu";
    preStart = ''
      rm -f -- ${old} ./${old} # not old-${old}, nor ${old}.bak
      cp /srv/backups/web/${old} /tmp
    '';`,
  );
  writeFileSync(workspace.guest, web);
  const host = readFileSync(workspace.host, "utf8").replace(
    "microvm.vms.db",
    `systemd.services.clean.script = "rm -f ${workspace.stateDir}/web/${old} ${workspace.stateDir}/db/${old}";
  microvm.vms.db`,
  );
  writeFileSync(workspace.host, host);
  client = await TestClient.start({ folder: workspace.folder, capabilities });
  uri = await client.open(workspace.guest, web);
});

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

function at(words: string, inside = 1) {
  const document = TextDocument.create(uri, "nix", 1, readFileSync(workspace.guest, "utf8"));
  return document.positionAt(document.getText().indexOf(words) + inside);
}

/** The texts after an edit, by the names of the files. */
function applied(edit: WorkspaceEdit | null): Record<string, string> {
  const changes = (edit?.documentChanges ?? []) as TextDocumentEdit[];
  return Object.fromEntries(
    changes.map(({ textDocument, edits }) => {
      const path = new URL(textDocument.uri).pathname;
      const document = TextDocument.create(textDocument.uri, "nix", 1, readFileSync(path, "utf8"));
      return [basename(path), TextDocument.applyEdits(document, edits as { range: Range; newText: string }[])];
    }),
  );
}

const rename = (newName: string, position = at(`"${old}"`, 3)) =>
  client.request<WorkspaceEdit | null>("textDocument/rename", { textDocument: { uri }, position, newName });

describe("renaming an image", () => {
  it("is offered on its name, and nowhere else", async () => {
    const prepare = (position: object) =>
      client.request("textDocument/prepareRename", { textDocument: { uri }, position });
    expect(await prepare(at(`"${old}"`, 3))).toEqual({
      range: { start: at(`"${old}"`, 1), end: at(`"${old}"`, 1 + old.length) },
      placeholder: old,
    });
    for (const words of ["mountPoint =", '"/nix/.rw-store"', "networking", "2048"])
      expect(await prepare(at(words, 2))).toBeNull();
  });

  it("changes the text wherever it means this image, and nowhere else", async () => {
    const texts = applied(await rename("store.img"));
    expect(Object.keys(texts).sort()).toEqual(["host.nix", "web.nix"]);
    expect(texts["web.nix"]).toContain('image = "store.img";');
    expect(texts["web.nix"]).toContain(`rm -f -- store.img ./store.img # not old-${old}, nor ${old}.bak`);
    expect(texts["web.nix"]).toContain(`cp /srv/backups/web/${old} /tmp`);
    expect(texts["host.nix"]).toContain(`rm -f ${workspace.stateDir}/web/store.img ${workspace.stateDir}/db/${old}`);
  });

  it("tells which file has to be moved, by a command that does it", async () => {
    const params = { textDocument: { uri }, position: at(`"${old}"`, 3), newName: "store.img" };
    const { moves } = await client.request<ImageRename>("microvm-lens/renameImage", params);
    const to = join(dirname(workspace.image), "store.img");
    expect(moves).toMatchObject([{ guest: "web", from: workspace.image, to }]);
    const command = moves[0]?.command ?? [];
    expect((await run([...command, "--yes"])).code).toBe(0);
    expect([existsSync(workspace.image), existsSync(to)]).toEqual([false, true]);
    expect(pathToFileURL(to).href).toContain("store.img");
  });

  it.each(["", "a b.img", 'a".img', "$" + "{x}", "../a.img", "a/", "/dev/sda"])("refuses the name %j", async (name) => {
    await expect(rename(name)).rejects.toThrow(/name consists of|device/);
  });

  it("refuses a name that another file has", async () => {
    writeFileSync(join(dirname(workspace.image), "taken.img"), "");
    await client.request("microvm-lens/refresh", {});
    await expect(rename("taken.img")).rejects.toThrow(/already exists/);
  });
});

describe("a name with ${…} in it", () => {
  const written = "${config.networking.hostName}-data.img";
  const guest = (image: string, more = "") => `{ config, ... }:
{
  networking.hostName = "db";
  ${more}
  microvm.volumes = [
    {
      image = "${image}";
      mountPoint = "/var/lib/postgresql";
      size = 256;
    }
  ];
}
`;
  let text: string;
  let path: string;

  const prepare = async (content: string) => {
    path = join(workspace.folder, "db.nix");
    writeFileSync(path, content);
    text = content;
    uri = await client.open(path, content);
  };
  const renamed = (newName: string) => {
    const position = TextDocument.create(uri, "nix", 1, text).positionAt(text.indexOf('image = "') + 10);
    const params = { textDocument: { uri }, position, newName };
    return client.request<ImageRename>("microvm-lens/renameImage", params);
  };

  it.each(["${config.networking.hostName}-files.img", "db-files.img"])(
    "changes what stands around it: %s",
    async (to) => {
      renameSync(join(workspace.stateDir, "db/data.img"), join(workspace.stateDir, "db/db-data.img"));
      await prepare(guest(written, 'microvm.preStart = "rm -f db-data.img";'));
      await client.request("microvm-lens/refresh", {});
      const { edit, moves } = await renamed(to);
      const after = applied(edit)["db.nix"];
      expect(after).toContain('image = "${config.networking.hostName}-files.img";');
      expect(after).toContain('"rm -f db-files.img"');
      expect(moves).toMatchObject([{ guest: "db", to: join(workspace.stateDir, "db/db-files.img") }]);
    },
  );

  it("shows the name as it is written", async () => {
    await prepare(guest(written));
    const position = TextDocument.create(uri, "nix", 1, text).positionAt(text.indexOf('image = "') + 10);
    const answer = await client.request("textDocument/prepareRename", { textDocument: { uri }, position });
    expect(answer).toMatchObject({ placeholder: written });
  });

  it.each([
    ["files.img", guest(written), /keep \$\{config\.networking\.hostName\} in the new name/],
    ["${other}-files.img", guest(written), /keep \$\{config\.networking\.hostName\}/],
    ["${config.networking.hostName} files.img", guest(written), /name consists of/],
    ["${config.networking.hostName}-${x}.img", guest(written), /keep/],
    ["a${inputs.it}.img", guest("${inputs.name}.img"), /not known/],
    ["a-b-c.img", guest('${"x-y"}-${"z"}.img').replaceAll('\\"', '"'), /not clear|keep/],
    [
      "${config.networking.hostName}-files.img",
      guest(written, 'microvm.preStart = "rm -f ./${config.networking.hostName}-data.img";'),
      /also put together in db\.nix, line 4/,
    ],
  ])("refuses %s where that is not clear", async (to, content, why) => {
    await prepare(content);
    await expect(renamed(to)).rejects.toThrow(why);
  });
});
