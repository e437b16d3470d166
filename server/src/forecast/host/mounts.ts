import { messages } from "../../base/text.ts";
import { known } from "../../microvm/model.ts";
import type { HostStart } from "../../microvm/start.ts";
import { type Files, unknownFile } from "../../shell/files.ts";
import { plain } from "../mount.ts";
import { withDirectories } from "./tmpfiles.ts";

const text = messages("forecast.host-mounts", {
  mounted: { en: "another filesystem is mounted there", "zh-cn": "该处挂载了另一个文件系统" },
});

/** Mount points that the host declares and that are not there yet: what a boot mounts there nobody has seen. */
export function bootMounts({ mounts, disko }: HostStart, files: Files): Files {
  const paths = [...mounts.items.keys(), ...disko.items.flatMap(({ value }) => known(value) ?? [])].map(plain);
  let now = files;
  for (const path of paths) {
    if (!path.startsWith("/") || now.get(path).exists !== "no") continue;
    now = withDirectories(now, path).with(path, unknownFile(text.mounted()));
  }
  return now;
}
