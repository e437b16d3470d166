import { messages } from "../../base/text.ts";
import { known } from "../../microvm/model.ts";
import type { HostStart } from "../../microvm/start/start.ts";
import { type Files, unknownFile } from "../../shell/state/files.ts";
import { plain } from "../guest/mount.ts";
import { withDirectories } from "./tmpfiles.ts";

const text = messages("forecast.host-mounts", {
  mounted: { en: "another filesystem is mounted there", "zh-cn": "该处挂载了另一个文件系统" },
});

/** Mount points that the host declares and that are not there yet: what a boot mounts there nobody has seen. */
export function bootMounts(start: HostStart, files: Files): Files {
  let now = files;
  for (const path of mountPoints(start)) {
    if (!path.startsWith("/") || now.get(path).exists !== "no") continue;
    now = withDirectories(now, path).with(path, unknownFile(text.mounted()));
  }
  return now;
}

/** Where a host mounts something by its `fileSystems` or disko. */
export function mountPoints({ mounts, disko }: HostStart): readonly string[] {
  return [...mounts.items.keys(), ...disko.items.flatMap(({ value }) => known(value) ?? [])].map(plain);
}
