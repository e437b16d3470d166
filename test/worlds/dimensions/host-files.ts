import { dirname } from "node:path";
import type { Chance } from "../chance.ts";
import { indented, joined, plain, q, quoted, t } from "../nix-text.ts";
import { type Feature, type Gift, imagePath } from "../world.ts";
import { actionOf } from "./actions.ts";
import { propsOf } from "./pre-start.ts";
import { hostPlace, spellingOf } from "./spelling.ts";

type RuleForm = "rules" | "settings" | "mkAfter" | "map" | "guests";

/** A tmpfiles rule about an image (idioms 4), or about what is beside it. */
export function tmpfilesOf(chance: Chance, volumes: number): Feature {
  const [type, fields] = chance.weighted<readonly [string, string]>([
    [8, ["r", "-"]],
    [4, ["r!", "-"]],
    [4, ["R", "-"]],
    [2, ["R!", "-"]],
    [4, ["z", "0660 microvm kvm -"]],
    [2, ["f", "0644 microvm kvm -"]],
    [2, ["Z", "0640 root root -"]],
    [1, ["F", "0644 microvm kvm -"]],
    [1, ["L+", "- - - - @/base.raw"]],
  ]);
  const spelling = spellingOf(chance, false);
  const index = chance.below(volumes);
  const pattern = (type.startsWith("r") || type === "R") && chance.percent(20);
  const form = chance.one<RuleForm>("rules", "rules", "settings", "mkAfter", "map", "guests");
  return {
    name: `tmpfiles ${type} ${pattern ? "*.img" : "image"} (${form}, ${spelling.path})`,
    give(setting) {
      const place = hostPlace(spelling, setting, Math.min(index, setting.volumes.length - 1));
      const path = bare(pattern ? place.beside("*.img") : place.image);
      if (/\s/.test(plain(path))) return {};
      const argument = fields.replaceAll("@", setting.directory);
      const { directory } = setting;
      const inGuest = plain(path).startsWith(`${directory}/`) ? plain(path).slice(directory.length) : null;
      if (form !== "guests" || inGuest === null) return rule(form === "guests" ? "rules" : form, type, path, argument);
      return {
        tmpfiles: [`${type} ${plain(path)} ${argument}`],
        hostLines: [
          `systemd.tmpfiles.rules = lib.concatMap (name: [ "${type} \${config.microvm.stateDir}/\${name}${inGuest} ${argument}" ]) (builtins.attrNames config.microvm.vms);`,
        ],
      };
    },
  };
}

/** What makes the folder of an image (idioms 10). */
export function folderMaker(chance: Chance, index: number): Feature {
  const how = chance.weighted([
    [25, "tmpfiles d"],
    [8, "tmpfiles settings"],
    [6, "tmpfiles d of root"],
    [5, "tmpfiles L"],
    [5, "tmpfiles D"],
    [15, "activation"],
    [12, "ExecStartPre"],
    [14, "preStart"],
    [10, "unit"],
  ] as const);
  const owner = chance.percent(75);
  return {
    name: `folder ${index} made by ${how}${owner ? "" : ", owner left out"}`,
    give(setting) {
      const volume = setting.volumes[index];
      if (!volume) return {};
      const folder = dirname(imagePath(setting, volume));
      const own = `microvm@${setting.guest}`;
      const mkdir = owner ? `mkdir -p ${folder}\nchown microvm:kvm ${folder}` : `mkdir -p ${folder}`;
      switch (how) {
        case "tmpfiles d":
          return rule("rules", "d", [folder], owner ? "0755 microvm kvm -" : "0755 - - -");
        case "tmpfiles settings":
          return rule("settings", "d", [folder], owner ? "0775 microvm kvm -" : "- - - -");
        case "tmpfiles d of root":
          return rule("rules", "d", [folder], "0755 root root -");
        case "tmpfiles D":
          return rule("rules", "D", [folder], "0755 microvm kvm -");
        case "tmpfiles L":
          return {
            prepare: [
              `mkdir -p ${q(`${setting.host}/elsewhere`)}`,
              `chown microvm:kvm ${q(`${setting.host}/elsewhere`)}`,
            ],
            ...rule("rules", "L", [folder], `- - - - ${setting.host}/elsewhere`),
          };
        case "activation":
          return {
            activation: [mkdir],
            hostLines: [`system.activationScripts.images = ${indented([`${mkdir}\n`], "      ")};`],
          };
        case "ExecStartPre":
          return {
            own: [
              {
                pre: [
                  { kind: "exec", text: `@PKGS@/coreutils/bin/mkdir -p ${folder}`, full: true },
                  ...(owner
                    ? [{ kind: "exec", text: `@PKGS@/coreutils/bin/chown microvm:kvm ${folder}`, full: true } as const]
                    : []),
                ],
              },
            ],
            hostLines: [
              `systemd.services."${own}".serviceConfig.ExecStartPre = [ "+\${pkgs.coreutils}/bin/mkdir -p ${folder}"${owner ? ` "+\${pkgs.coreutils}/bin/chown microvm:kvm ${folder}"` : ""} ];`,
            ],
          };
        case "preStart":
          return {
            preStart: [`mkdir -p ${folder}\n`],
            guestLines: [`microvm.preStart = ${indented([`mkdir -p ${folder}\n`], "      ")};`],
          };
        default:
          return {
            units: [
              {
                name: "folders.service",
                before: [`${own}.service`],
                requiredBy: [`${own}.service`],
                commands: [{ kind: "script", text: mkdir }],
              },
            ],
            hostLines: [
              `systemd.services.folders = { before = [ "${own}.service" ]; requiredBy = [ "${own}.service" ]; serviceConfig.Type = "oneshot"; script = ${indented([`${mkdir}\n`], "      ")}; };`,
            ],
          };
      }
    },
  };
}

/** An activation script of the host about an image (idioms 4). */
export function activationOf(chance: Chance, volumes: number): Feature {
  const action = actionOf(chance);
  const spelling = spellingOf(chance, false);
  const index = chance.below(volumes);
  const deps = chance.percent(40);
  const things = propsOf(chance, index, [action]);
  return {
    name: `activation script (${deps ? "with deps" : "text"}, ${spelling.path}, ${spelling.program}): ${action.name}`,
    give(setting) {
      const place = hostPlace(spelling, setting, Math.min(index, setting.volumes.length - 1));
      const text = joined([action.script(place), []], "\n");
      const written = indented(text, "      ");
      return {
        ...things(setting),
        activation: [plain(text)],
        hostLines: [
          deps
            ? `system.activationScripts.wipe = { deps = [ "users" ]; text = ${written}; };`
            : `system.activationScripts.wipe.text = ${written};`,
        ],
      };
    },
  };
}

function rule(form: RuleForm, type: string, path: ReturnType<typeof t>, fields: string): Gift {
  const line = t`${type} ${path} ${fields}`;
  const tmpfiles = [plain(line)];
  switch (form) {
    case "settings": {
      const [mode = "-", user = "-", group = "-", , ...argument] = fields.split(" ");
      const set = Object.entries({ mode, user, group, argument: argument.join(" ") || "-" })
        .filter(([, value]) => value !== "-")
        .map(([key, value]) => `${key} = "${value}";`);
      return {
        tmpfiles,
        hostLines: [`systemd.tmpfiles.settings."20-images".${quoted(path)}.${quoted([type])} = { ${set.join(" ")} };`],
      };
    }
    case "mkAfter":
      return { tmpfiles, hostLines: [`systemd.tmpfiles.rules = lib.mkAfter [ ${quoted(line)} ];`] };
    case "map":
      return {
        tmpfiles,
        hostLines: [`systemd.tmpfiles.rules = map (path: "${type} \${path} ${fields}") [ ${quoted(path)} ];`],
      };
    default:
      return { tmpfiles, hostLines: [`systemd.tmpfiles.rules = [ ${quoted(line)} ];`] };
  }
}

/** Without the quotes of the shell. */
function bare(text: ReturnType<typeof t>): ReturnType<typeof t> {
  return text.map((piece) => (typeof piece === "string" ? piece.replaceAll('"', "") : piece));
}
