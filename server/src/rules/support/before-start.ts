import { messages } from "../../base/text.ts";
import { bytesPerMiB } from "../../base/words.ts";
import { type Before, type BeforeWay, untouched } from "../../forecast/before.ts";
import { virtualBytes } from "../../forecast/observed.ts";
import { type Reason, reason } from "../../forecast/reasons.ts";
import type { ImageState } from "../../forecast/state.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import type { RuleContext } from "../rule.ts";
import { volumesOf } from "./finding.ts";
import { hostCleanup, serviceView } from "./host-cleanup.ts";
import { handledAtStart } from "./start-script.ts";

export const text = messages("before-start", {
  preStart: { en: "`preStart`", "zh-cn": "`preStart` 脚本" },
  service: { en: "a service of the host", "zh-cn": "主机上的服务" },
  serviceMay: {
    en: "a service of the host names the image and removes or moves files before the start: whether this one is not known",
    "zh-cn": "主机上的某个服务提到该镜像，并在启动前删除或移动文件：是否包括该镜像未知",
  },
  mayMake: {
    en: "`preStart` or a service of the host may make it",
    "zh-cn": "`preStart` 或主机上的服务可能会创建它",
  },
  preStartMay: {
    en: "`preStart` may remove the image: whether it does is not known",
    "zh-cn": "`preStart` 可能会删除该镜像：是否删除未知",
  },
});

/** preStart or a service of the host may make the image, or the directory of it. */
function mayMake(context: RuleContext, guest: Guest, path: string): boolean {
  const preStart = known(guest.preStart);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (preStart === undefined || preStart.includes(name) || /mkdir|install/.test(preStart)) return true;
  const host = context.hostOf(guest);
  if (!host) return false;
  return [...host.services.keys()].some((service) => {
    const view = serviceView(context, host, service);
    return view === null || view.source.includes(name);
  });
}

/** What is read today of what comes before the volume script. */
export function beforeStart(context: RuleContext, guest: Guest): Before {
  const states = new Map<Volume, ImageState>();
  const reasons = new Map<Volume, readonly Reason[]>();
  for (const subject of volumesOf(guest)) {
    const { volume } = subject;
    const cleanup = hostCleanup(context, subject);
    const atStart = handledAtStart(subject);
    const image = context.image(guest, volume)?.seen ?? null;
    const size = known(volume.sizeMiB);
    const bytes = image && virtualBytes(image);
    const differs = size !== undefined && image !== null && bytes !== size * bytesPerMiB;
    const place = context.onDisk(guest, volume)[0];
    if (place?.image.state === "absent" && !volume.transient && mayMake(context, guest, place.path)) {
      states.set(volume, { is: "unknown", why: text.mayMake() });
      continue;
    }
    const gone = (why: Reason): void => {
      states.set(volume, { is: "absent" });
      reasons.set(volume, [why]);
    };
    if (volume.transient) gone(reason("removed", "pre-start", null, { by: text.preStart(), command: null }));
    else if (cleanup === "deletes") gone(reason("removed", "host", null, { by: text.service(), command: null }));
    else if (differs && (cleanup === "moves" || atStart === "moves")) {
      const by = cleanup === "moves" ? text.service() : text.preStart();
      gone(reason("replaced", "pre-start", null, { by, command: null }));
    } else if (cleanup === "perhaps") states.set(volume, { is: "unknown", why: text.serviceMay() });
    else if (atStart === "perhaps") states.set(volume, { is: "unknown", why: text.preStartMay() });
    else if (atStart === "grows" && image && size !== undefined && bytes !== null && size * bytesPerMiB > bytes) {
      states.set(volume, { is: "seen", image, bytes: size * bytesPerMiB });
      const facts = { by: text.preStart(), command: null, bytes: size * bytesPerMiB };
      reasons.set(volume, [reason("lengthened", "pre-start", null, facts)]);
    }
  }
  if (states.size === 0) return untouched;
  const way: BeforeWay = { states, reasons, refused: null };
  return { ways: [way], why: null };
}
