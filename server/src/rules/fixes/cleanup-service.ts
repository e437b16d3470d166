import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { type Guest, type Host, known } from "../../microvm/model.ts";
import { type AttributeSet, type Node, spanOf } from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { ancestorsOf, attributeNameText, staticPath, stringText } from "../../nix/syntax/views.ts";
import { asUpstream } from "../../shell/quote.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { isPutAway, type Subject } from "../support/finding.ts";
import { isStoreOverlay } from "./clear-overlay.ts";
import { listOf } from "./insert.ts";
import { inIndentedString, inQuotedString } from "./nix-text.ts";
import { nodeOf } from "./nodes.ts";
import { optionPlace, writeOption } from "./options.ts";
import { configOf, microvmModules } from "./pre-start.ts";
import { mayReplace } from "./rights.ts";
import { type Argument, moduleArgument, moduleArguments } from "./scope.ts";

export const text = messages("fix.cleanup-service", {
  overlay: {
    en: "Add a cleanup service for the overlay (its data is lost)",
    "zh-cn": "为覆盖层添加清理服务（其数据会丢失）",
  },
  guarded: {
    en: "Add a cleanup service, if the size differs (starts empty)",
    "zh-cn": "添加清理服务，用于大小不符时（从空卷开始）",
  },
  manualTitle: { en: "Add a cleanup service on the host, by hand", "zh-cn": "手动在主机上添加清理服务" },
  noHost: {
    en: "No host in this workspace declares {guest} in `microvm.vms`. On its host, add a oneshot service that is `before` and `requiredBy` microvm@{guest}.service and removes {image} with an absolute path to rm.",
    "zh-cn":
      "此工作区中没有主机在 `microvm.vms` 中声明 {guest}。请在其主机上添加一个 oneshot 服务，设置 `before` 和 `requiredBy` 为 microvm@{guest}.service，并用绝对路径的 rm 删除 {image}。",
  },
  noPlace: {
    en: "The module of host {host} cannot be edited here. Add there a oneshot service that is `before` and `requiredBy` microvm@{guest}.service and removes {image} with an absolute path to rm.",
    "zh-cn":
      "此处无法编辑主机 {host} 的模块。请在那里添加一个 oneshot 服务，设置 `before` 和 `requiredBy` 为 microvm@{guest}.service，并用绝对路径的 rm 删除 {image}。",
  },
});

/**
 * A oneshot service on the host that runs before each start of the guest (nixos-modules/host/default.nix: after
 * install-microvm-<guest>, before microvm@<guest>, which requires it). For the store overlay it deletes the image; for any
 * other volume it moves an image of the wrong size aside, so that no data is lost. It runs as the user microvm, who owns
 * the state directory, and does nothing while the guest is running.
 */
export function cleanupService(context: RuleContext, subject: Subject): Fix[] {
  const { guest, volume } = subject;
  const image = known(volume.image);
  const size = known(volume.sizeMiB);
  if (image === undefined || size === undefined || size < 1 || known(volume.autoCreate) !== true) return [];
  if (image.startsWith("/dev/") || isPutAway(context, subject) || !mayReplace(context, subject)) return [];
  const shown = { guest: printable(guest.name), image: printable(image) };
  const host = context.hostOf(guest);
  // What is told to be done by hand removes the image: for the store overlay only.
  if (!host)
    return guest.nameFrom === "nixosConfigurations" && isStoreOverlay(subject) ? [manual(text.noHost(shown))] : [];
  const unit = `microvm-clean-${guest.name}`;
  if (host.services.has(unit) || !/^[A-Za-z0-9:_.@-]+$/.test(guest.name)) return [];
  const edits = serviceEdits(context, host, subject, { image, size, unit });
  if (!edits && !isStoreOverlay(subject)) return [];
  if (!edits) return [manual(text.noPlace({ ...shown, host: printable(host.name) }))];
  return [
    {
      kind: "edit",
      id: "cleanup-service",
      title: isStoreOverlay(subject) ? text.overlay() : text.guarded(),
      safety: "review",
      edits,
      guests: [guest.name],
    },
  ];
}

function manual(advice: Text): Fix {
  return { kind: "manual", id: "cleanup-service", title: text.manualTitle(), advice };
}

interface What {
  readonly image: string;
  readonly size: number;
  readonly unit: string;
}

function serviceEdits(context: RuleContext, host: Host, subject: Subject, what: What) {
  for (const module of hostModules(context, host, subject.guest)) {
    const tree = context.tree(spanOf(module).file);
    if (!tree) continue;
    const place = optionPlace(module, ["systemd", "services", what.unit]);
    if (!place) continue;
    const both = moduleArguments(tree, module, place.attrs, ["config", "pkgs"]);
    const isThere = both?.[0]?.edits.length === 0;
    const asModule = isGivenAsModule(subject.guest);
    // The host's configuration is asked for only where the text gains by it.
    const found = asModule || isThere || known(host.stateDir) === undefined ? both : null;
    const [pkgs, config] = found ? [found[1], found[0]] : [moduleArgument(tree, module, place.attrs, "pkgs"), null];
    if (!pkgs) continue;
    const path = imagePath(host, subject.guest, what.image, config?.expression ?? null);
    if (!path) return null;
    const size = config && asModule ? declaredSize(subject.guest, what.image, config) : null;
    const [comments, lines] = service(subject, what, tree, pkgs.expression, path, size);
    const heads = [...(config?.edits ?? []), ...pkgs.edits];
    return [...heads, writeOption(tree, place, comments, lines, new Set([what.unit]))];
  }
  return null;
}

/**
 * The declared size as a Nix expression on the host, so that it follows later edits. Only for a guest that the host makes
 * of a module: it is evaluated there as `microvm.vms.<name>.config.config` (nixos-modules/host/options.nix).
 */
function declaredSize(guest: Guest, image: string, config: Argument): string {
  const guestConfig = `${config.expression}.microvm.vms.${attributeNameText(guest.name)}.config.config`;
  return `\${toString (builtins.head (builtins.filter (v: v.image == ${stringText(image)}) ${guestConfig}.microvm.volumes)).size}`;
}

/** Whether `microvm.vms.<name>` is seen to have the attribute `config`, and neither `flake` nor `evaluatedConfig`. */
function isGivenAsModule({ at, nameFrom, name }: Guest): boolean {
  if (nameFrom !== "microvm.vms") return false;
  for (let node = nodeOf(at); node; node = node.parent) {
    if (node.kind !== "binding") continue;
    const names = staticPath(node.path) ?? [];
    const index = names.lastIndexOf(name);
    if (index < 0) continue;
    if (index < names.length - 1) return names[index + 1] === "config";
    const { value } = node;
    if (value.kind !== "attrs") return false;
    const parts = value.bindings.map((each) => (each.kind === "binding" ? staticPath(each.path)?.[0] : undefined));
    return (
      parts.includes("config") &&
      !parts.some((part) => part === undefined || part === "flake" || part === "evaluatedConfig")
    );
  }
  return false;
}

/**
 * Sets in which the host's options can be written: beside the guest's declaration first, then in modules about
 * `microvm` that no other host has.
 */
/** Where an option of the guest's host may be written: beside the guest first, then the host's own modules. */
export function hostModules(context: RuleContext, host: Host, guest: Guest): AttributeSet[] {
  const beside = besideGuest(guest);
  const own = microvmModules(host.modules).filter((module) =>
    context.declarations.hosts.every((other) => other === host || !other.modules.some((each) => each === module)),
  );
  const around = new Set<Node>(nodeOf(guest.at) ? ancestorsOf(nodeOf(guest.at) as Node) : []);
  const targets = [...own.filter((module) => around.has(module)), ...own].map(configOf);
  return [...new Set([beside, ...targets])].filter((target) => target !== null);
}

/** The set in which `microvm.vms.<name>` of the guest is written, in whatever way the path is split. */
function besideGuest({ at, nameFrom, name }: Guest): AttributeSet | null {
  if (nameFrom !== "microvm.vms") return null;
  let path: readonly string[] = [];
  for (let node = nodeOf(at); node; node = node.parent) {
    if (node.kind !== "binding") continue;
    const names = staticPath(node.path);
    if (!names) return null;
    path = [...names, ...path];
    if (path[0] !== "microvm") continue;
    return path[1] === "vms" && path[2] === name && node.parent?.kind === "attrs" ? node.parent : null;
  }
  return null;
}

/** The absolute path as shell word inside `''…''`. */
function imagePath(host: Host, guest: Guest, image: string, config: string | null): string | null {
  if (image.startsWith("/")) return quoted(image);
  const stateDir = known(host.stateDir);
  const below = `${guest.name}/${image.replace(/^(\.\/)+/, "")}`;
  if (config !== null) {
    const rest = quoted(`/${below}`);
    return rest === null ? null : `'\${${config}.microvm.stateDir}${rest.slice(1)}`;
  }
  return stateDir === undefined ? null : quoted(`${stateDir}/${below}`);
}

function quoted(path: string): string | null {
  const word = asUpstream(path);
  return word === null ? null : inIndentedString(word);
}

function service(
  subject: Subject,
  { image, size }: What,
  tree: SyntaxTree,
  pkgs: string,
  path: string,
  declared: string | null,
): [string[], string[]] {
  const { guest } = subject;
  const overlay = isStoreOverlay(subject);
  const vm = `microvm@${guest.name}.service`;
  const shown = printable(image);
  const comments = overlay
    ? [
        `# WARNING: deletes the store overlay ${shown} before every start of ${guest.name}.`,
        "# What was built or installed inside the guest is lost; microvm.nix then recreates the image.",
      ]
    : [
        `# WARNING: before ${guest.name} starts, moves ${shown} aside when it is not ${declared === null ? `${size} MiB` : "of the declared size"}.`,
        "# The guest then starts with an empty volume; the old file stays beside it and can be moved back.",
        ...(declared === null ? [`# Keep size_mib below in step with the volume's size.`] : []),
      ];
  const body = overlay
    ? [`\${${pkgs}.coreutils}/bin/rm -f -- ${path}`]
    : [
        `image=${path}`,
        `size_mib=${declared ?? size}`,
        `if [ -e "$image" ] && [ "$(\${${pkgs}.coreutils}/bin/stat -L -c %s -- "$image")" != $((size_mib * 1048576)) ]; then`,
        `  \${${pkgs}.coreutils}/bin/mv -n -- "$image" "$image.$(\${${pkgs}.coreutils}/bin/date +%Y%m%d-%H%M%S)"`,
        "fi",
      ];
  return [
    comments,
    [
      "{",
      `  description = ${stringText(overlay ? `Clear the store overlay of MicroVM '${guest.name}'` : `Move mismatched images of MicroVM '${guest.name}' aside`)};`,
      `  before = ${listOf(tree, stringText(vm))};`,
      `  after = ${listOf(tree, stringText(`install-microvm-${guest.name}.service`))};`,
      `  requiredBy = ${listOf(tree, stringText(vm))};`,
      `  partOf = ${listOf(tree, stringText(vm))};`,
      "  serviceConfig = {",
      '    Type = "oneshot";',
      '    User = "microvm";',
      '    Group = "kvm";',
      "  };",
      "  script = ''",
      `    if \${${pkgs}.systemd}/bin/systemctl is-active --quiet ${vm}; then`,
      `      echo "${inQuotedString(guest.name)} is running: nothing is touched" >&2`,
      "      exit 1",
      "    fi",
      ...body.map((line) => `    ${line}`),
      "  '';",
      "};",
    ],
  ];
}
