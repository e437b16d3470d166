import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Copies of a folder in which files are edited and put back: one evaluation reads several of them at once. */
export class Copies {
  most = 6;
  #folder;
  #work = mkdtempSync(join(tmpdir(), "fixes-copies-"));
  #made = 0;
  #edited = [];

  constructor(folder) {
    this.#folder = folder;
  }

  /** A copy with these files as they are after an edit. */
  edit(files) {
    const copy = join(this.#work, String(this.#edited.length));
    if (this.#edited.length === this.#made) {
      cpSync(this.#folder, copy, { recursive: true, verbatimSymlinks: true });
      this.#made++;
    }
    this.#edited.push(files);
    this.#write(copy, files, "after");
    return copy;
  }

  /** All copies are as they were. */
  restore() {
    for (const [index, files] of this.#edited.entries()) this.#write(join(this.#work, String(index)), files, "before");
    this.#edited = [];
  }

  dispose() {
    rmSync(this.#work, { recursive: true, force: true });
  }

  #write(copy, files, which) {
    for (const [path, texts] of files) writeFileSync(join(copy, path.slice(this.#folder.length)), texts[which]);
  }
}
