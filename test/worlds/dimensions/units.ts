import type { Chance } from "../chance.ts";
import { indented, plain, q, quoted, type Text, t } from "../nix-text.ts";
import type { Command, Feature, Gift, OwnPart, Setting, Unit } from "../world.ts";
import { type Action, actionOf } from "./actions.ts";
import { propsOf } from "./pre-start.ts";
import { hostPlace, spellingOf } from "./spelling.ts";

/** How the text of a unit is written: `script`, or what stands in ExecStart=. */
type Form = "script" | "command" | "shell script" | "bash -c" | "writeScript";

/** A service of the host that handles an image before the guest's start (idioms 2). */
export function hostUnit(chance: Chance, volumes: number): Feature {
  const how = attachments[chance.below(attachments.length)] ?? attachments[0];
  if (!how) throw new Error("no attachment");
  return unitFeature(chance, volumes, how.name, (setting, command, line) => {
    const own = `microvm@${setting.guest}.service`;
    const { unit, nix, part, ownLines } = how.make(own, setting.guest);
    return {
      units: [{ name: "wipe.service", ...unit, commands: [command] }],
      ...(part ? { own: [part] } : {}),
      hostLines: [
        `systemd.services.wipe = {\n${[...nix, `serviceConfig.Type = "oneshot";`, line].map((each) => `        ${each}`).join("\n")}\n      };`,
        ...ownLines,
      ],
    };
  });
}

interface Attachment {
  readonly name: string;
  make(
    own: string,
    guest: string,
  ): {
    readonly unit: Omit<Unit, "name" | "commands">;
    readonly nix: readonly string[];
    readonly part?: OwnPart;
    readonly ownLines: readonly string[];
  };
}

const list = (...names: readonly string[]) => `[ ${names.map((name) => `"${name}"`).join(" ")} ]`;

const attachments: readonly Attachment[] = [
  {
    name: "before, requiredBy",
    make: (own) => ({
      unit: { before: [own], requiredBy: [own] },
      nix: [`before = ${list(own)};`, `requiredBy = ${list(own)};`],
      ownLines: [],
    }),
  },
  {
    name: "before, wantedBy",
    make: (own) => ({
      unit: { before: [own], wantedBy: [own] },
      nix: [`before = ${list(own)};`, `wantedBy = ${list(own)};`],
      ownLines: [],
    }),
  },
  {
    name: "before, requiredBy, partOf, RemainAfterExit",
    make: (own) => ({
      unit: { before: [own], requiredBy: [own], partOf: [own], remains: true },
      nix: [
        `before = ${list(own)};`,
        `requiredBy = ${list(own)};`,
        `partOf = ${list(own)};`,
        "serviceConfig.RemainAfterExit = true;",
      ],
      ownLines: [],
    }),
  },
  {
    name: "before, requiredBy, RemainAfterExit",
    make: (own) => ({
      unit: { before: [own], requiredBy: [own], remains: true },
      nix: [`before = ${list(own)};`, `requiredBy = ${list(own)};`, "serviceConfig.RemainAfterExit = true;"],
      ownLines: [],
    }),
  },
  {
    name: "before, multi-user",
    make: (own) => ({
      unit: { before: [own], wantedBy: ["multi-user.target"] },
      nix: [`before = ${list(own)};`, `wantedBy = ${list("multi-user.target")};`],
      ownLines: [],
    }),
  },
  {
    name: "before only",
    make: (own) => ({ unit: { before: [own] }, nix: [`before = ${list(own)};`], ownLines: [] }),
  },
  {
    name: "multi-user only",
    make: () => ({
      unit: { wantedBy: ["multi-user.target"] },
      nix: [`wantedBy = ${list("multi-user.target")};`],
      ownLines: [],
    }),
  },
  { name: "nothing", make: () => ({ unit: {}, nix: [], ownLines: [] }) },
  {
    name: "wantedBy without before",
    make: (own) => ({ unit: { wantedBy: [own] }, nix: [`wantedBy = ${list(own)};`], ownLines: [] }),
  },
  {
    name: "after, wantedBy",
    make: (own) => ({
      unit: { after: [own], wantedBy: [own] },
      nix: [`after = ${list(own)};`, `wantedBy = ${list(own)};`],
      ownLines: [],
    }),
  },
  {
    name: "required by the guest's unit",
    make: (_, guest) => ({
      unit: {},
      nix: [],
      part: { requires: ["wipe.service"], after: ["wipe.service"] },
      ownLines: [
        `systemd.services."microvm@${guest}" = { requires = ${list("wipe.service")}; after = ${list("wipe.service")}; };`,
      ],
    }),
  },
  {
    name: "wanted by the template",
    make: () => ({
      unit: {},
      nix: [],
      part: { wants: ["wipe.service"], after: ["wipe.service"] },
      ownLines: [
        `systemd.services."microvm@" = { wants = ${list("wipe.service")}; after = ${list("wipe.service")}; };`,
      ],
    }),
  },
  {
    name: "before install, requiredBy install",
    make: (_, guest) => ({
      unit: { before: [`install-microvm-${guest}.service`], requiredBy: [`install-microvm-${guest}.service`] },
      nix: [
        `before = ${list(`install-microvm-${guest}.service`)};`,
        `requiredBy = ${list(`install-microvm-${guest}.service`)};`,
      ],
      ownLines: [],
    }),
  },
  {
    name: "a timer",
    make: (_own) => ({ unit: {}, nix: [`startAt = "daily";`], ownLines: [] }),
  },
];

/** Something on the guest's own unit (idioms 3): as template or instance, as preStart, ExecStartPre or after the stop. */
export function ownUnit(chance: Chance, volumes: number): Feature {
  const template = chance.percent(35);
  const key = chance.weighted([
    [55, "ExecStartPre"],
    [30, "preStart"],
    [15, "postStop"],
  ] as const);
  const prefix = chance.one("", "", "-", "+", "+");
  const wrapped = chance.one("plain", "plain", "list", "mkBefore", "mkAfter");
  const whole = chance.weighted(wholes);
  const action = actionOf(chance);
  const spelling = spellingOf(chance, template);
  const index = chance.below(volumes);
  const things = propsOf(chance, index, [action]);
  const chosen = formOf(chance, action);
  // ExecStartPre= takes commands only.
  const form = chosen === "script" ? "shell script" : chosen;
  return {
    name: `${template ? "microvm@" : "microvm@NAME"} ${key} ${key === "ExecStartPre" ? `${prefix}${wrapped} ${form}` : ""} (${whole}, ${spelling.path}, ${spelling.program}): ${action.name}`,
    give(setting) {
      const place = hostPlace(spelling, setting, Math.min(index, setting.volumes.length - 1));
      const unit = template ? "microvm@" : `microvm@${setting.guest}`;
      const instance = (text: string) => text.replaceAll("%i", setting.guest);
      if (key !== "ExecStartPre") {
        const text = action.script(place);
        // Specifiers are not replaced in the text of a script, which is a file of its own.
        const command: Command = { kind: "script", text: plain(text) };
        return {
          ...things(setting),
          own: [key === "preStart" ? { pre: [command] } : { stopPost: [command] }],
          hostLines: [written(whole, unit, `${key} = ${indented(text, "      ")};`)],
        };
      }
      const { nix, command } = execOf(form, action, place);
      const full: Command = {
        ...command,
        text: form === "shell script" || form === "writeScript" ? command.text : instance(command.text),
        ignored: prefix === "-",
        full: prefix === "+",
      };
      const word = `"${prefix}${nix.startsWith('"') ? nix.slice(1, -1) : `\${${nix}}`}"`;
      const value = wrapped === "plain" ? word : wrapped === "list" ? `[ ${word} ]` : `lib.${wrapped} [ ${word} ]`;
      return {
        ...things(setting),
        own: [{ pre: [full] }],
        hostLines: [written(whole, unit, `serviceConfig.ExecStartPre = ${value};`)],
      };
    },
  };
}

type Whole = "path" | "drop-in" | "each guest" | "mkIf";

const wholes: readonly (readonly [number, Whole])[] = [
  [60, "path"],
  [15, "drop-in"],
  [15, "each guest"],
  [10, "mkIf"],
];

/** How the definition of the guest's unit is written. */
function written(whole: Whole, unit: string, definition: string): string {
  switch (whole) {
    case "drop-in":
      return `systemd.services."${unit}" = { overrideStrategy = "asDropin"; ${definition} };`;
    case "each guest":
      if (unit.endsWith("@")) return `systemd.services."${unit}".${definition}`;
      return `systemd.services = lib.mapAttrs' (guest: _: lib.nameValuePair "microvm@\${guest}" { ${definition} }) config.microvm.vms;`;
    case "mkIf":
      return `systemd.services."${unit}" = lib.mkIf (config.microvm.vms != { }) { ${definition} };`;
    default:
      return `systemd.services."${unit}".${definition}`;
  }
}

/** Conditions and assertions on the guest's own unit (idioms 9). */
export function conditionOf(chance: Chance): Feature {
  const assert = chance.percent(40);
  const not = chance.percent(40);
  const there = chance.percent(50);
  const key = assert ? "AssertPathExists" : "ConditionPathExists";
  return {
    name: `${key} ${not ? "!" : ""}flag (${there ? "there" : "not there"})`,
    give(setting) {
      const path = `${setting.host}/flag`;
      return {
        own: [{ conditions: [{ path, not, assert }] }],
        prepare: there ? [`touch ${q(path)}`] : [],
        hostLines: [`systemd.services."microvm@${setting.guest}".unitConfig.${key} = "${not ? "!" : ""}${path}";`],
      };
    },
  };
}

function unitFeature(
  chance: Chance,
  volumes: number,
  how: string,
  make: (setting: Setting, command: Command, line: string) => Gift,
): Feature {
  const action = actionOf(chance);
  const spelling = spellingOf(chance, false);
  const index = chance.below(volumes);
  const form = formOf(chance, action);
  const things = propsOf(chance, index, [action]);
  return {
    name: `unit (${how}; ${form}, ${spelling.path}, ${spelling.program}): ${action.name}`,
    give(setting) {
      const place = hostPlace(spelling, setting, Math.min(index, setting.volumes.length - 1));
      const { nix, command } = execOf(form, action, place);
      const line = form === "script" ? `script = ${nix};` : `serviceConfig.ExecStart = ${nix};`;
      return { ...things(setting), ...make(setting, command, line) };
    },
  };
}

function formOf(chance: Chance, { command }: Action): Form {
  const forms: Form[] = ["script", "shell script", "bash -c", "writeScript"];
  return command && chance.percent(45) ? "command" : chance.one(...forms, "script");
}

/** The Nix expression of ExecStart= (or of `script`) and the command that it comes to. */
function execOf(form: Form, action: Action, place: Parameters<Action["script"]>[0]): { nix: string; command: Command } {
  const text: Text = form === "command" && action.command ? action.command(place) : action.script(place);
  const value = plain(text);
  switch (form) {
    case "script":
      return { nix: indented(text, "        "), command: { kind: "script", text: value } };
    case "command":
      return { nix: quoted(text), command: { kind: "exec", text: value } };
    case "shell script":
      return {
        nix: `pkgs.writeShellScript "wipe" ${indented(text, "        ")}`,
        command: { kind: "bash", text: value },
      };
    case "writeScript":
      return {
        nix: `pkgs.writeScript "wipe" ${indented(t`#!${{ nix: "pkgs.runtimeShell", value: "@BASH@" }}\n${text}`, "        ")}`,
        command: { kind: "bash", text: value },
      };
    default: {
      const inner = text.map((piece) =>
        typeof piece === "string"
          ? piece
              .replaceAll("%", "%%")
              .replaceAll("\n", "; ")
              .replaceAll("; ;", ";")
              .replaceAll("then;", "then")
              .replaceAll("do;", "do")
              .replaceAll("{;", "{")
          : piece,
      );
      const bash = quotedForSystemd(inner);
      return {
        nix: quoted(t`${{ nix: "pkgs.bash", value: "@PKGS@/bash" }}/bin/bash -c ${bash}`),
        command: { kind: "exec", text: plain(t`@PKGS@/bash/bin/bash -c ${bash}`) },
      };
    }
  }
}

/** As one word of ExecStart=: between double quotes, with systemd's escapes. */
function quotedForSystemd(text: Text): Text {
  const masked = (part: string) => part.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("$", "$$$$");
  return ['"', ...text.map((piece) => (typeof piece === "string" ? masked(piece) : piece)), '"'];
}
