import { dirname } from "node:path";
import type { Chance } from "../chance.ts";
import { added, indented, joined, plain, q, quoted, type Text, t } from "../nix-text.ts";
import { type Feature, type Gift, imagePath, type Setting } from "../world.ts";
import { type Action, actionOf } from "./actions.ts";
import { guestPlace, spellingOf } from "./spelling.ts";

type Form = "indented" | "quoted" | "added" | "list" | "called" | "file" | "optional";

/** `microvm.preStart` of the guest (idioms 1, 5, 6, 8, 9): one or two things that it does, in one of its spellings. */
export function preStartOf(chance: Chance, volumes: number): Feature {
  const actions = Array.from({ length: chance.percent(18) ? 2 : 1 }, () => actionOf(chance));
  const spelling = spellingOf(chance, false);
  const index = chance.below(volumes);
  const absolute = chance.percent(30);
  const form = chance.weighted<Form>([
    [40, "indented"],
    [25, "quoted"],
    [6, "added"],
    [6, "list"],
    [10, "called"],
    [6, "file"],
    [4, "optional"],
  ]);
  const things = propsOf(chance, index, actions);
  return {
    name: `preStart (${form}, ${spelling.path}, ${spelling.program}${absolute ? ", absolute" : ""}): ${actions.map(({ name }) => name).join("; ")}`,
    give(setting) {
      const place = guestPlace(spelling, setting, Math.min(index, setting.volumes.length - 1), absolute);
      const text = joined(
        actions.map(({ script }) => script(place)),
        "\n",
      );
      return { ...things(setting), ...written(form, text) };
    },
  };
}

/** Files that actions ask about, or take: each is there or not. */
export function propsOf(chance: Chance, index: number, actions: readonly Action[]): (setting: Setting) => Gift {
  const there = ["reset", "keep"].filter(() => chance.percent(50));
  const base = chance.percent(90);
  const wanted = actions.map(({ name }) => name).join(" ");
  return (setting) => {
    const volume = setting.volumes[Math.min(index, setting.volumes.length - 1)];
    if (!volume) return {};
    const folder = volume.image.includes("/") ? dirname(imagePath(setting, volume)) : setting.directory;
    const lines = there.filter((name) => wanted.includes(name === "reset" ? "flag" : name));
    const prepare = lines.map((name) => `[ ! -d ${q(folder)} ] || touch ${q(`${folder}/${name}`)}`);
    if (base && /base|cp|ln|qemu-img create/.test(wanted)) {
      prepare.push(
        `[ ! -d ${q(folder)} ] || { truncate -s 24M ${q(`${folder}/base.raw`)}; mkfs.ext4 -q -L data ${q(`${folder}/base.raw`)}; chown microvm:kvm ${q(`${folder}/base.raw`)}; }`,
      );
    }
    return prepare.length > 0 ? { prepare } : {};
  };
}

function written(form: Form, text: Text): Gift {
  const value = plain(text);
  switch (form) {
    case "quoted":
      return { preStart: [value], guestLines: [`microvm.preStart = ${quoted(text)};`] };
    case "added":
      return { preStart: [value], guestLines: [`microvm.preStart = ${added(text)};`] };
    case "list":
      return {
        preStart: [`${value}\n`],
        guestLines: [`microvm.preStart = lib.concatStringsSep "\\n" [ ${quoted(text)} "" ];`],
      };
    case "optional":
      return {
        preStart: [value],
        guestLines: [`microvm.preStart = lib.optionalString true ${indented(text, "      ")};`],
      };
    case "called": {
      const called = `\${pkgs.writeShellScript "prepare" ${indented(text, "      ")}}`;
      return { preStart: [`@PKGS@/bash/bin/bash -c ${q(value)}`], guestLines: [`microvm.preStart = "${called}";`] };
    }
    case "file":
      return {
        preStart: [`@PKGS@/bash/bin/bash ${q("@FLAKE@/prepare.sh")}`],
        files: { "prepare.sh": `#!/bin/sh\n${plain(text)}\n` },
        guestLines: [`microvm.preStart = "\${pkgs.bash}/bin/bash \${./prepare.sh}";`],
      };
    default:
      return { preStart: [`${value}\n`], guestLines: [`microvm.preStart = ${indented(t`${text}`, "      ")};`] };
  }
}
