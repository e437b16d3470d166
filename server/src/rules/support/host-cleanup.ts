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
const views = new WeakMap<RuleContext, Map<Host, Map<string, ServiceView | null>>>();

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
 * Whether a service on the guest's host deletes the volume's image before every start, or moves it aside when it does not
 * fit: it has to be ordered before the guest's own unit and pulled in by it.
 */
export function hostCleanup(context: RuleContext, { guest, volume }: Subject): "deletes" | "moves" | null {
  const host = context.hostOf(guest);
  const image = known(volume.image);
  if (!host || image === undefined) return null;
  for (const name of host.services.keys()) {
    const service = serviceView(context, host, name);
    if (!service || !namesImage(service, image) || !isEffective(service, guest)) continue;
    if (/\/rm\b/.test(service.source)) return "deletes";
    if (/\/mv\b/.test(service.source)) return "moves";
  }
  return null;
}

export function namesImage(service: ServiceView, image: string): boolean {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return name.length > 0 && service.source.includes(name);
}

function isEffective({ before, pulledBy }: ServiceView, guest: Guest): boolean {
  const unit = `microvm@${guest.name}.service`;
  return before?.includes(unit) === true && pulledBy?.includes(unit) === true;
}
