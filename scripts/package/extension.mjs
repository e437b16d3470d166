// What a marketplace and an editor show of the extension: nothing in it may lead nowhere.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import yauzl from "yauzl";
import { root } from "../lib/run.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
/** The one address of the repository, without `git+` and `.git`. */
export const repository = manifest.repository.url.replace(/^git\+|\.git$/g, "");

/** Throws at the first thing that is wrong with the package. */
export async function checkExtension(file, version) {
  const files = await readArchive(file);
  const packed = JSON.parse(files.get("extension/package.json"));
  if (packed.version !== version) throw new Error(`${file} is ${packed.version}`);
  const expected = [packed.main, packed.icon, "THIRD-PARTY-NOTICES.txt", "LICENSE.txt", "readme.md", "changelog.md"];
  for (const name of expected) {
    if (!files.has(`extension/${name.replace(/^\.\//, "")}`)) throw new Error(`${file} has no ${name}`);
  }
  for (const [name, text] of files) {
    if (!name.endsWith(".md")) continue;
    const bad = linksOf(text).flatMap((link) => problemWith(link, name, files) ?? []);
    if (bad.length > 0) throw new Error(`${file}: ${name}: ${bad.join("; ")}`);
  }
}

/** Targets of Markdown links and pictures, and of `<img src>`, outside of code. */
export function linksOf(text) {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
  const found = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|<(?:img|a)\b[^>]*?\b(?:src|href)="([^"]+)"/g)];
  return found.map(([, markdown, html]) => markdown ?? html);
}

/** Why a link of a packed page does not work; null where it does. Addresses of our repository are files of this commit. */
function problemWith(link, page, files) {
  if (link.startsWith("#")) return null;
  const own = ownFile(link);
  if (own !== null) return existsSync(join(root, own)) ? null : `${link} is not a file of this commit`;
  if (/^(https:|mailto:)/.test(link)) return null;
  if (/^[a-z]+:/i.test(link)) return `${link} is not an https address`;
  const target = new URL(link.split("#")[0], `file:///${page}`).pathname.slice(1);
  return files.has(decodeURIComponent(target)) ? null : `${link} is not in the package`;
}

/** The path in the repository that an address of it means; null for other addresses. */
export function ownFile(link) {
  if (!link.startsWith(`${repository}/`)) return null;
  const [, path] = /^(?:blob|raw|tree)\/[^/]+\/([^?#]+)/.exec(link.slice(repository.length + 1)) ?? [];
  return path === undefined ? null : decodeURIComponent(path);
}

/** The texts of an archive by name; other files have an empty text. */
async function readArchive(file) {
  const archive = await promisify(yauzl.open)(file, { lazyEntries: true });
  const files = new Map();
  const openStream = promisify(archive.openReadStream.bind(archive));
  return new Promise((resolve, reject) => {
    archive.on("error", reject);
    archive.on("end", () => resolve(files));
    archive.on("entry", async (entry) => {
      try {
        const isText = /\.(md|json)$/.test(entry.fileName);
        files.set(entry.fileName, isText ? await textOf(await openStream(entry)) : "");
        archive.readEntry();
      } catch (error) {
        reject(error);
      }
    });
    archive.readEntry();
  });
}

async function textOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
