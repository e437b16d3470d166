import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { columns } from "../../server/src/base/columns.ts";
import { commands } from "../../server/src/cli/commands.ts";
import { completable } from "../../server/src/cli/completions/completions.ts";
import { wrapped } from "../../server/src/cli/frame/wrap.ts";
import { run } from "./run.ts";

/** What bash proposes for these words, the last of which is being typed. */
function proposed(script: string, ...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(" ");
  const ask = `${script}\nCOMP_WORDS=(microvm-lens ${list}); COMP_CWORD=${words.length}; _microvm_lens; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["--norc", "-c", ask], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}

test("bash completes commands, options and values", async () => {
  const { out } = await run(["completions", "bash"]);
  expect(proposed(out, "ch")).toEqual(["check"]);
  expect(proposed(out, "")).toEqual(expect.arrayContaining(commands.map(({ name }) => name)));
  expect(proposed(out, "check", "--str")).toEqual(["--strict"]);
  expect(proposed(out, "check", "--format", "")).toEqual(["pretty", "json", "sarif", "github"]);
  expect(proposed(out, "check", "--set", "label-invalid=")).toContain("label-invalid=off");
  expect(proposed(out, "explain", "label-i")).toEqual(["label-invalid"]);
  expect(proposed(out, "image", "mo")).toEqual(["move-aside"]);
  expect(proposed(out, "check", "fla")).toEqual([]);
  for (const command of completable(commands)) {
    const options = proposed(out, command.name, "--");
    expect(options).toEqual(command.options.map(({ name }) => `--${name}`));
  }
});

test("every option is described for zsh and fish", async () => {
  const zsh = (await run(["completions", "zsh"])).out;
  const fish = (await run(["completions", "fish"])).out;
  expect(zsh).toMatch(/^#compdef microvm-lens\n/);
  for (const { name, options } of completable(commands)) {
    for (const option of options) {
      expect(zsh).toContain(`'--${option.name}:`);
      expect(fish).toContain(`-n '__fish_seen_subcommand_from ${name}' -l ${option.name} `);
    }
  }
  // Every quotation mark has its other half: a line that is open would take the rest with it.
  for (const line of [...zsh.split("\n"), ...fish.split("\n")])
    expect((line.replaceAll("\\'", "").match(/'/g) ?? []).length % 2, line).toBe(0);
});

test("help fits into narrow terminals, in both languages, and loses nothing", async () => {
  for (const { name } of commands) {
    for (const LANG of ["C", "zh_CN.UTF-8"]) {
      const { out } = await run(["help", name], { env: { LANG } });
      const narrow = wrapped(out, 60);
      for (const line of narrow.split("\n")) {
        // A word that is longer than the line stays whole.
        if (/\S{30,}/.test(line)) continue;
        expect(columns(line), line).toBeLessThanOrEqual(60);
      }
      expect(narrow.replace(/\s+/g, "")).toBe(out.replace(/\s+/g, ""));
    }
  }
});
