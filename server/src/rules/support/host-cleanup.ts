import { attached } from "../../base/attached.ts";
import { type Guest, type Host, known } from "../../microvm/model.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import type { RuleContext } from "../rule.ts";
import type { Subject } from "./finding.ts";

/** A systemd service of a host, as far as rules about cleaning up need it. */
export interface ServiceView {
  readonly name: string;
  /** Units before which it is ordered; null when not known as a whole. */
  readonly before: readonly string[] | null;
  /** Units that pull it in (`requiredBy`, `wantedBy`); null when not known as a whole. */
  readonly pulledBy: readonly string[] | null;
  /** The definition as it is written, without comments. */
  readonly source: string;
}

/** The service of that name, where its definition is written as a whole in the workspace. */
export function serviceView(context: RuleContext, host: Host, name: string): ServiceView | null {
  let byHost = views.get(context);
  if (!byHost) {
    byHost = new Map();
    views.set(context, byHost);
  }
  let byName = byHost.get(host);
  if (!byName) {
    byName = new Map();
    byHost.set(host, byName);
  }
  let view = byName.get(name);
  if (view === undefined) {
    view = readService(context, host, name);
    byName.set(name, view);
  }
  return view;
}

/** Every volume of a host asks for every service of it. */
const views = attached<RuleContext, Map<Host, Map<string, ServiceView | null>>>();

function readService(context: RuleContext, host: Host, name: string): ServiceView | null {
  const service = host.services.get(name);
  const span = service && placeSpan(service.at);
  const tree = span && context.tree(span.file);
  if (!service?.order || !tree) return null;
  const { before, requiredBy, wantedBy } = service.order;
  let source = "";
  let at = span.start;
  for (const comment of tree.comments()) {
    if (comment.end <= at || comment.start >= span.end) continue;
    source += tree.text.slice(at, Math.max(at, comment.start));
    at = comment.end;
  }
  source += tree.text.slice(at, Math.max(at, span.end));
  return {
    name,
    before,
    pulledBy: requiredBy && wantedBy ? [...requiredBy, ...wantedBy] : null,
    source,
  };
}

/**
 * What a service on the guest's host does with the volume's image before every start: it has to be ordered before the
 * guest's own unit and pulled in by it. `perhaps`: it names the image and removes or moves something, and it cannot be
 * told whether that is the image.
 */
export function hostCleanup(context: RuleContext, { guest, volume }: Subject): "deletes" | "moves" | "perhaps" | null {
  const host = context.hostOf(guest);
  const image = known(volume.image);
  if (!host || image === undefined) return null;
  const name = image.slice(image.lastIndexOf("/") + 1);
  if (name === "") return null;
  let found: "perhaps" | null = null;
  for (const key of host.services.keys()) {
    const service = serviceView(context, host, key);
    if (!service?.source.includes(name) || !isEffective(service, guest)) continue;
    if (bareCommand(service.source) !== null) continue;
    if (handles(service.source, /rm|unlink|shred/, name)) return "deletes";
    if (handles(service.source, /mv/, name)) return "moves";
    if (/\b(rm|unlink|shred|mv|find)\b/.test(service.source)) found = "perhaps";
  }
  return found;
}

/** Whether one of the commands is given a file whose path ends like this, among the words up to the command's end. */
export function handles(source: string, commands: RegExp, end: string): boolean {
  const calls = new RegExp(`(?<![\\w.-])(?:${commands.source})(?=\\s)([^;&|\\n]*)`, "g");
  for (const [, words = ""] of source.replace(/\\\n/g, " ").matchAll(calls)) {
    for (let at = words.indexOf(end); at >= 0; at = words.indexOf(end, at + 1)) {
      const isWhole = !/[\w.-]/.test(words[at - 1] ?? "") && !/[\w./-]/.test(words[at + end.length] ?? "");
      if (isWhole) return true;
    }
  }
  return false;
}

/** `rm`, `/bin/rm` or `/usr/bin/rm` as the command of ExecStart; in `script` NixOS's own path has coreutils. */
export function bareCommand(source: string): string | null {
  const match = /\bExecSt(?:art|artPre|artPost|op)\s*=\s*(?:\[\s*)?"[-+!@:]*((?:\/usr)?\/bin\/rm|rm)\s/.exec(source);
  return match?.[1] ?? null;
}

function isEffective({ before, pulledBy }: ServiceView, guest: Guest): boolean {
  const unit = `microvm@${guest.name}.service`;
  return before?.includes(unit) === true && pulledBy?.includes(unit) === true;
}
