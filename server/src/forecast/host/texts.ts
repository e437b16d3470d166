import { messages } from "../../base/text.ts";

/** Words for what comes before the volume script. */
export const text = messages("forecast.before", {
  preStart: { en: "`preStart`", "zh-cn": "`preStart` 脚本" },
  unit: { en: "the unit {unit}", "zh-cn": "单元 {unit}" },
  ownUnit: { en: "the guest's own unit", "zh-cn": "虚拟机自己的单元" },
  ownStop: { en: "the guest's own unit when it stops", "zh-cn": "虚拟机自己的单元停止时" },
  activation: { en: "an activation script", "zh-cn": "激活脚本" },
  tmpfiles: { en: "systemd-tmpfiles at a boot of the host", "zh-cn": "主机启动时的 systemd-tmpfiles" },
  condition: { en: "{setting} does not hold", "zh-cn": "{setting} 不成立" },
  depends: { en: "it depends on what is not known of the host's files", "zh-cn": "取决于主机上未知的文件状态" },
  boot: {
    en: "a boot of the host and a mere start of the guest come to different things",
    "zh-cn": "主机启动与仅启动虚拟机的结果不同",
  },
  tooMany: { en: "the scripts have too many ways to follow", "zh-cn": "脚本分支过多，无法继续分析" },
});
