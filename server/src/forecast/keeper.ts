import { messages, type Text } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import type { FilesystemFacts, HostFacts, ImageFacts } from "../disk/facts.ts";
import { isOperable, isReplaceable } from "../disk/handling.ts";
import { keeperOf } from "../microvm/keeper.ts";
import { type GrowPolicy, type Guest, type Host, type Keeper, known, type Volume } from "../microvm/model.ts";
import type { Before, BeforeWay } from "./host/before.ts";
import { containerFormat, virtualBytes } from "./image/observed.ts";
import { seenState } from "./image/seen-state.ts";
import type { ImageState } from "./image/state.ts";
import { type Reason, reason } from "./reasons.ts";
import { mib } from "./words/reason-words.ts";
import type { VolumeOnDisk } from "./world.ts";

const text = messages("forecast.keeper", {
  by: { en: "services.microvm-lens", "zh-cn": "services.microvm-lens" },
  change: {
    en: "services.microvm-lens recreates it if the guest's system changed since the last start",
    "zh-cn": "若虚拟机的系统自上次启动后有变化，services.microvm-lens 会重新创建它",
  },
  open: {
    en: "what services.microvm-lens does to it is not known",
    "zh-cn": "无法得知 services.microvm-lens 会如何处理它",
  },
  noRoom: {
    en: "a copy needs {needed}, and {free} are free",
    "zh-cn": "副本需要 {needed}，而剩余 {free}",
  },
  type: { en: "a {type} filesystem cannot be grown", "zh-cn": "{type} 文件系统无法扩展" },
  unknown: { en: "its content is not known", "zh-cn": "无法得知其内容" },
  cutOff: { en: "its filesystem is larger than the image", "zh-cn": "其文件系统大于镜像" },
  notRaw: { en: "it is not raw", "zh-cn": "它不是 raw 格式" },
  names: { en: "it has several names (hard links)", "zh-cn": "它有多个名称（硬链接）" },
});

/** What a copy wants besides its own size: the same as operations/common.ts asks for. */
const marginBytes = mib(64);

/**
 * What services.microvm-lens does to the images before the start, on top of every way in which what else comes before may
 * go: an image that is removed or made anew there is not grown.
 */
export function keptByHost(
  host: Host | null,
  guest: Guest,
  places: ReadonlyMap<Volume, VolumeOnDisk>,
  before: Before,
): Before {
  let { why, ways } = before;
  for (const volume of guest.volumes) {
    const place = places.get(volume);
    const keeper = keeperOf(host, guest, volume);
    if (place === undefined || keeper === null) continue;
    ways = ways.flatMap((way) => {
      const kinds = keeper === "open" ? [way, ...keep(volume, place, way, perhaps)] : keep(volume, place, way, keeper);
      if (new Set(kinds).size > 1) why ??= keeper === "open" ? text.open() : text.change();
      return [...new Set(kinds)];
    });
  }
  return ways === before.ways ? before : { ways, why };
}

/** What settings that are not known may come to. */
const perhaps: Keeper = { grow: { how: "copy", mount: false, onFailure: "start" }, renew: "never" };

type Seen = Extract<ImageState, { readonly is: "seen" }>;

function keep(volume: Volume, place: VolumeOnDisk, way: BeforeWay, keeper: Keeper): readonly BeforeWay[] {
  const state = way.states.get(volume) ?? seenState(place);
  if (way.refused || state.is !== "seen") return [way];
  const renewed = () =>
    withState(volume, way, { is: "absent" }, reason("removed", "host", null, { by: text.by(), command: null }));
  if (keeper.renew === "start") return [renewed()];
  const grown = keeper.grow === null ? way : grow(volume, place, way, state, keeper.grow);
  return keeper.renew === "change" ? [grown, renewed()] : [grown];
}

function grow(volume: Volume, { facts }: VolumeOnDisk, way: BeforeWay, state: Seen, policy: GrowPolicy): BeforeWay {
  const { image } = state;
  const declaredMiB = known(volume.sizeMiB);
  const bytes = state.bytes ?? virtualBytes(image);
  if (declaredMiB === undefined || bytes === null || mib(declaredMiB) <= bytes || image.blank === true) return way;
  const obstacle = whyNot(image, policy, facts);
  if (obstacle) {
    const why = reason("not-grown", "host", null, { declaredMiB, imageBytes: bytes, why: obstacle });
    if (policy.onFailure === "start") return noted(volume, way, why);
    const refused = reason(
      "not-grown",
      "host",
      "no-start",
      { declaredMiB, imageBytes: bytes, why: obstacle },
      "nothing",
    );
    return { ...way, refused };
  }
  const to = mib(declaredMiB);
  const why = reason("lengthened", "host", null, { by: text.by(), command: null, bytes: to });
  const filesystem = image.filesystem.state === "seen" ? image.filesystem.value : null;
  const whole = filesystem !== null && (policy.mount || (isExt(filesystem) && policy.how === "copy"));
  const inside = whole
    ? {
        ...image,
        filesystem: { ...image.filesystem, value: { ...filesystem, sizeBytes: to } } as ImageFacts["filesystem"],
      }
    : image;
  return withState(volume, way, { is: "seen", image: inside, bytes: to }, why);
}

function isExt({ type }: FilesystemFacts): boolean {
  return type === "ext2" || type === "ext3" || type === "ext4";
}

/** Why operations/plans/grow.ts would refuse, as far as that can be told from what was seen; null: it would not. */
function whyNot(image: ImageFacts, policy: GrowPolicy, facts: HostFacts): Text | null {
  if (!isOperable(image) || image.filesystem.state !== "seen") return text.unknown();
  if (containerFormat(image) !== "raw") return text.notRaw();
  const filesystem = image.filesystem.value;
  if (!filesystem.multipleDevices && (filesystem.sizeBytes ?? 0) > (virtualBytes(image) ?? 0)) return text.cutOff();
  if (!isExt(filesystem)) {
    const { type } = filesystem;
    return type === "xfs" || type === "btrfs" ? null : text.type({ type });
  }
  if (policy.how === "in-place") return filesystem.type === "ext2" ? text.type({ type: "ext2" }) : null;
  if (!isReplaceable(image)) return text.names();
  const free = facts.space?.get(image.device)?.freeBytes;
  const needed = image.allocatedBytes + marginBytes;
  if (free === undefined || needed <= free) return null;
  return text.noRoom({ needed: roughSizeWords(needed), free: roughSizeWords(free) });
}

function noted(volume: Volume, way: BeforeWay, why: Reason): BeforeWay {
  return { ...way, reasons: new Map([...way.reasons, [volume, [...(way.reasons.get(volume) ?? []), why]]]) };
}

function withState(volume: Volume, way: BeforeWay, state: ImageState, why: Reason): BeforeWay {
  return { ...noted(volume, way, why), states: new Map([...way.states, [volume, state]]) };
}
