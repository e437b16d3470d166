import { messages } from "../../base/text.ts";

/** What a forecast says of each reason. */
export const text = messages("forecast", {
  unsupported: {
    en: 'microvm.nix cannot make a "{fsType}" filesystem: evaluation fails',
    "zh-cn": "microvm.nix 无法创建“{fsType}”文件系统：求值会失败",
  },
  missingOption: { en: "`{option}` is missing: evaluation fails", "zh-cn": "缺少 `{option}`：求值会失败" },
  storeOptimise: {
    en: "store optimisation is on together with `writableStoreOverlay`: evaluation fails",
    "zh-cn": "store 优化与 `writableStoreOverlay` 同时启用：microvm.nix 拒绝求值",
  },
  mountConflict: {
    en: "a share is mounted at {mountPoint} too: evaluation fails with conflicting definitions",
    "zh-cn": "有共享也挂载在 {mountPoint}：求值会因定义冲突而失败",
  },
  notResizable: {
    en: "evaluation fails: `autoResize` of {mountPoint} is not supported for {fsType}",
    "zh-cn": "求值会失败：{mountPoint} 的 `autoResize` 不支持 {fsType}",
  },
  nixRefuses: { en: "evaluation fails: {says}", "zh-cn": "求值会失败：{says}" },
  wrongType: {
    en: "evaluation fails: `{option}` is not of its type",
    "zh-cn": "求值会失败：`{option}` 的类型不符",
  },
  definition: {
    en: "evaluation fails: `{option}` is missing or has contradicting definitions",
    "zh-cn": "求值会失败：`{option}` 缺失或定义相互矛盾",
  },
  undeclaredOption: {
    en: "`{option}` is not a known option of microvm.nix: whether evaluation fails is not known",
    "zh-cn": "`{option}` 不是已知的 microvm.nix 选项：求值是否失败未知",
  },
  refused: { en: "{by} refuses to start: {why}", "zh-cn": "{by} 拒绝启动：{why}" },
  removed: { en: "removed by {by}", "zh-cn": "由 {by} 删除" },
  cleared: { en: "{by} removes it before every start", "zh-cn": "{by} 会在每次启动前删除它" },
  supplied: {
    en: "a script before microvm.nix's own makes the image, or may, where it is missing",
    "zh-cn": "镜像缺失时，microvm.nix 之前的脚本会（或可能）创建它",
  },
  replaced: { en: "moved away by {by}", "zh-cn": "由 {by} 移走" },
  lengthened: { en: "lengthened to {size} by {by}", "zh-cn": "由 {by} 加长到 {size}" },
  formatted: { en: "formatted as {type} by {by}", "zh-cn": "由 {by} 格式化为 {type}" },
  notGrown: {
    en: "{declared} MiB are declared and the image has {size}; services.microvm-lens cannot grow it: {why}",
    "zh-cn": "声明为 {declared} MiB，而镜像为 {size}；services.microvm-lens 无法扩展它：{why}",
  },
  mayChange: {
    en: "what the image is when the guest starts is not known: {why}",
    "zh-cn": "虚拟机启动时镜像的状态未知：{why}",
  },
  byBoot: {
    en: 'after a boot of the host it is "{boot}", after a mere start of the guest "{alone}"',
    "zh-cn": "主机启动后为“{boot}”，仅启动虚拟机后为“{alone}”",
  },
  quote: {
    en: "a single quote in `{option}` breaks microvm.nix's start script",
    "zh-cn": "`{option}` 中的单引号会破坏 microvm.nix 的启动脚本",
  },
  dash: {
    en: "`image` begins with a dash, which touch parses as an option: the start script fails",
    "zh-cn": "`image` 以连字符开头，touch 会将其当作选项：启动脚本失败",
  },
  noFileName: {
    en: '"{image}" cannot be the name of a file: touch fails',
    "zh-cn": "“{image}”不能作为文件名：touch 会失败",
  },
  noDirectory: { en: "the directory {directory} does not exist", "zh-cn": "目录 {directory} 不存在" },
  notDeployedDirectory: {
    en: "the guest was never deployed to this host, and what deploys it may make the directory {directory}",
    "zh-cn": "该虚拟机从未部署到此主机，部署时可能会创建目录 {directory}",
  },
  noPermission: {
    en: "the user microvm may not create files in {directory}",
    "zh-cn": "用户 microvm 无权在 {directory} 中创建文件",
  },
  danglingLink: {
    en: "{path} is a dangling link: the image is created at its target, if that is writable",
    "zh-cn": "{path} 是悬空的链接：若其指向处可写，镜像会在那里创建",
  },
  tooSmall: {
    en: "mkfs.{fsType} needs at least {minimum} MiB and the configuration says {size} MiB: mkfs fails and leaves a blank image",
    "zh-cn": "mkfs.{fsType} 至少需要 {minimum} MiB，而配置为 {size} MiB：mkfs 会失败并留下空白镜像",
  },
  labelTooLong: {
    en: 'the label "{label}" has {bytes} bytes and {fsType} takes {limit}: mkfs fails and leaves a blank image',
    "zh-cn": "标签“{label}”有 {bytes} 字节，而 {fsType} 最多 {limit} 字节：mkfs 会失败并留下空白镜像",
  },
  labelForbidden: {
    en: 'the label "{label}" has characters that mkfs.vfat refuses: it fails and leaves a blank image',
    "zh-cn": "标签“{label}”含有 mkfs.vfat 拒绝的字符：它会失败并留下空白镜像",
  },
  noSpace: {
    en: "the host has {free} bytes left, too little for mkfs.{fsType}",
    "zh-cn": "主机仅剩 {free} 字节，不足以运行 mkfs.{fsType}",
  },
  missing: {
    en: "the file does not exist and `autoCreate` is false: the hypervisor cannot open it",
    "zh-cn": "文件不存在且 `autoCreate` 为 false：虚拟机监控程序无法打开它",
  },
  notDeployed: {
    en: "the file does not exist and `autoCreate` is false: what deploys the guest to this host may make it",
    "zh-cn": "文件不存在且 `autoCreate` 为 false：将虚拟机部署到此主机时可能会创建它",
  },
  comma: {
    en: "`image` has a comma, at which {hypervisor} begins another setting of the drive",
    "zh-cn": "`image` 含有逗号，{hypervisor} 会在此开始磁盘的另一个设置",
  },
  dropped: {
    en: "the guest has more volumes than drive letters: this one is dropped",
    "zh-cn": "卷的数量超过盘符数量：该卷会被丢弃",
  },
  notAFile: { en: "{path} is {kind}, not an image", "zh-cn": "{path} 是{kind}，不是镜像" },
  kindDirectory: { en: "a directory", "zh-cn": "目录" },
  kindFifo: { en: "a named pipe", "zh-cn": "命名管道" },
  kindSocket: { en: "a socket", "zh-cn": "套接字" },
  kindCharacter: { en: "a character device", "zh-cn": "字符设备" },
  kindUnknown: { en: "of an unknown kind", "zh-cn": "未知类型的文件" },
  notWritable: {
    en: "the user microvm may not {verb} the image (owner {uid}:{gid}, mode {mode})",
    "zh-cn": "用户 microvm 无权{verb}该镜像（所有者 {uid}:{gid}，权限 {mode}）",
  },
  mayNotOpen: {
    en: "whether the hypervisor may open it depends on who starts the guest: its unit may not (owner {uid}:{gid}, mode {mode})",
    "zh-cn": "虚拟机监控程序能否打开它取决于由谁启动虚拟机：其单元无权（所有者 {uid}:{gid}，权限 {mode}）",
  },
  notEnterable: {
    en: "the user microvm may not enter {directory} (owner {uid}:{gid}, mode {mode})",
    "zh-cn": "用户 microvm 无权进入 {directory}（所有者 {uid}:{gid}，权限 {mode}）",
  },
  format: {
    en: "the image is {found} and the hypervisor is told that it is {expected}",
    "zh-cn": "镜像格式为 {found}，而虚拟机监控程序被告知为 {expected}",
  },
  createdFormat: {
    en: "microvm.nix makes a raw image and the hypervisor is told that it is {expected}",
    "zh-cn": "microvm.nix 创建 raw 镜像，而虚拟机监控程序被告知为 {expected}",
  },
  formatByGuess: {
    en: "the locked microvm.nix lets cloud-hypervisor find out the image's format by itself",
    "zh-cn": "锁定的 microvm.nix 让 cloud-hypervisor 自行识别镜像格式",
  },
  storeDisk: {
    en: "firecracker always attaches the store disk first, so this volume becomes /dev/vd{actual} and the guest looks for /dev/vd{declared}",
    "zh-cn": "firecracker 总是先挂接 store 磁盘，因此该卷成为 /dev/vd{actual}，而虚拟机会查找 /dev/vd{declared}",
  },
  otherDisk: {
    en: "`{option}` is {device}, which is another disk of the guest",
    "zh-cn": "`{option}` 为 {device}，而那是虚拟机的另一块磁盘",
  },
  letterMoved: {
    en: "attached as /dev/vd{after}; the installed runner attaches it as /dev/vd{before}",
    "zh-cn": "挂接为 /dev/vd{after}；已安装的运行脚本将其挂接为 /dev/vd{before}",
  },
  labelEmpty: {
    en: "the label is empty: the guest finds no device by it",
    "zh-cn": "标签为空：虚拟机无法据此找到设备",
  },
  labelEscaped: {
    en: 'udev writes the label "{label}" with escapes, so /dev/disk/by-label/{label} never appears',
    "zh-cn": "udev 会转义标签“{label}”中的字符，因此 /dev/disk/by-label/{label} 不会出现",
  },
  labelCut: {
    en: 'mkfs.{fsType} cuts the label "{label}" after {limit} bytes, so /dev/disk/by-label/{label} never appears',
    "zh-cn": "mkfs.{fsType} 会把标签“{label}”截断为 {limit} 字节，因此 /dev/disk/by-label/{label} 不会出现",
  },
  labelBeyond: {
    en: 'the label "{label}" has {bytes} bytes and {fsType} takes {limit}: /dev/disk/by-label/{label} never appears',
    "zh-cn": "标签“{label}”有 {bytes} 字节，而 {fsType} 最多 {limit} 字节：/dev/disk/by-label/{label} 不会出现",
  },
  labelTwice: {
    en: 'two volumes of this guest have the label "{label}": either of them may be mounted',
    "zh-cn": "该虚拟机的两个卷使用同一标签“{label}”：挂载哪一个是随机的",
  },
  labelOfStore: {
    en: 'the store disk has the label "nix-store" too: either of them may be mounted',
    "zh-cn": "store 磁盘也使用标签“nix-store”：挂载哪一个是随机的",
  },
  belowReadOnly: {
    en: "{mountPoint} lies on {above}, which is read-only: it is mounted only if that directory was made before (directories inside images are not read)",
    "zh-cn": "{mountPoint} 位于只读的 {above} 之下：仅当该目录早已创建时才能挂载（不读取镜像内的目录）",
  },
  mountPointTaken: {
    en: "a later volume is mounted at {mountPoint} too: this one is attached and never mounted",
    "zh-cn": "后面的另一个卷也挂载在 {mountPoint}：该卷会被挂接但永远不会挂载",
  },
  blank: {
    en: "the image is {size} and blank, and mkfs is not run while the file exists",
    "zh-cn": "镜像为 {size} 且空白，只要文件存在就不会运行 mkfs",
  },
  blankDevice: {
    en: "the device is {size} and blank, and microvm.nix never formats a device that exists",
    "zh-cn": "设备为 {size} 且空白，而 microvm.nix 从不格式化已存在的设备",
  },
  blankDisk: { en: "the guest gets a blank disk of {size}", "zh-cn": "虚拟机会得到一块 {size} 的空白磁盘" },
  formatsItself: {
    en: "the image of {size} holds no filesystem, and the guest makes one (autoFormat)",
    "zh-cn": "镜像为 {size}，不含文件系统，由虚拟机创建（autoFormat）",
  },
  content: {
    en: "the image holds {found}, which cannot be mounted as a filesystem",
    "zh-cn": "镜像内容为 {found}，不是可挂载的文件系统",
  },
  noFilesystem: {
    en: "the image contains no known filesystem, and is mounted as {declared}",
    "zh-cn": "镜像中没有已知的文件系统，却按 {declared} 挂载",
  },
  otherType: {
    en: "the image holds {found} and is mounted as {declared}",
    "zh-cn": "镜像内容为 {found}，却按 {declared} 挂载",
  },
  otherLabel: {
    en: 'the filesystem is labelled "{found}" and the guest waits for /dev/disk/by-label/{declared}',
    "zh-cn": "文件系统的标签为“{found}”，而虚拟机等待 /dev/disk/by-label/{declared}",
  },
  noLabel: {
    en: "the filesystem has no label and the guest waits for /dev/disk/by-label/{declared}",
    "zh-cn": "文件系统没有标签，而虚拟机等待 /dev/disk/by-label/{declared}",
  },
  cutOff: {
    en: "the filesystem has {filesystem} and the image only {size}",
    "zh-cn": "文件系统大小为 {filesystem}，而镜像只有 {size}",
  },
  needsRecovery: {
    en: "the {type} was not cleanly unmounted and the volume is read-only: the kernel cannot replay the journal and refuses the mount",
    "zh-cn": "{type} 未正常卸载，而卷是只读的：内核无法重放日志，会拒绝挂载",
  },
  overlayReadOnly: {
    en: "the store overlay {overlay} cannot be written: /nix/store is not mounted and the guest does not boot",
    "zh-cn": "store 覆盖层 {overlay} 不可写：/nix/store 无法挂载，虚拟机无法启动",
  },
  overlayShare: {
    en: "the store overlay {overlay} is a 9p share, which overlayfs refuses: /nix/store is not mounted and the guest does not boot",
    "zh-cn": "store 覆盖层 {overlay} 位于 9p 共享上，overlayfs 会拒绝：/nix/store 无法挂载，虚拟机无法启动",
  },
  overlayVfat: {
    en: "vfat cannot be the upper layer of the store overlay {overlay}: /nix/store is not mounted and the guest does not boot",
    "zh-cn": "vfat 不能作为 store 覆盖层 {overlay} 的上层：/nix/store 无法挂载，虚拟机无法启动",
  },
  overlayNoInodes: {
    en: "the filesystem has no inodes left, which the store overlay {overlay} needs: /nix/store is not mounted and the guest does not boot",
    "zh-cn": "文件系统的 inode 已用尽，而 store 覆盖层 {overlay} 需要 inode：/nix/store 无法挂载，虚拟机无法启动",
  },
  overlayFull: {
    en: "the filesystem is full: /nix/store may not be mounted if the directories of the store overlay {overlay} were never made (directories inside images are not read)",
    "zh-cn": "文件系统已满：若 store 覆盖层 {overlay} 的目录从未创建，/nix/store 可能无法挂载（不读取镜像内部的目录）",
  },
  overlayInRam: {
    en: "the store overlay {overlay} is needed before {mountPoint} is mounted: what the guest builds lies in RAM and is gone at shutdown, and the volume stays empty",
    "zh-cn":
      "在 {mountPoint} 挂载之前就需要 store 覆盖层 {overlay}：虚拟机构建的内容位于内存中，关机后消失，而卷保持为空",
  },
  overlayNotForBoot: {
    en: "`neededForBoot` is false for {mountPoint}, so that the store overlay {overlay} comes before it: what the guest builds lies in RAM and is gone at shutdown",
    "zh-cn":
      "{mountPoint} 的 `neededForBoot` 为 false，store 覆盖层 {overlay} 会先于它挂载：虚拟机构建的内容位于内存中，关机后消失",
  },
  mountedElsewhere: {
    en: "last mounted at {last}, which is another volume's mount point, and not at {declared}",
    "zh-cn": "上次挂载在 {last}（另一个卷的挂载点），而不是 {declared}",
  },
  nearlyFull: {
    en: "the filesystem is {percent} % full, {free} are free",
    "zh-cn": "文件系统已用 {percent}%，剩余 {free}",
  },
  inodesUsedUp: {
    en: "the filesystem has used {percent} % of its inodes: {free} of {total} are left",
    "zh-cn": "文件系统已用 {percent}% 的 inode：共 {total} 个，剩余 {free} 个",
  },
  filesystemSmaller: {
    en: "the filesystem has {filesystem} and the image {size}: the guest cannot use the difference",
    "zh-cn": "文件系统大小为 {filesystem}，而镜像为 {size}：虚拟机无法使用两者之差",
  },
  sizeIgnored: {
    en: "the declared {declared} MiB are ignored: the image has {size}",
    "zh-cn": "声明的 {declared} MiB 被忽略：镜像为 {size}",
  },
  overridden: {
    en: "the guest's `{option}` says otherwise, and what comes of it is not known: {why}",
    "zh-cn": "虚拟机的 `{option}` 另有规定，结果未知：{why}",
  },
  unread: {
    en: "{file} has a syntax error: what stands behind it is not known",
    "zh-cn": "{file} 有语法错误：其后的内容未知",
  },
  guestWrites: {
    en: "{by} may write to the disk before it is mounted",
    "zh-cn": "{by} 可能在挂载之前写入该磁盘",
  },
  notMounted: {
    en: "the guest does not mount it at start (noauto)",
    "zh-cn": "虚拟机启动时不挂载它（noauto）",
  },
  share: {
    en: "the same file is used by another volume, of {guests}",
    "zh-cn": "同一文件还被其他卷使用，属于 {guests}",
  },
  create: { en: "created with {size} MiB, {fsType}", "zh-cn": "将创建 {size} MiB 的 {fsType} 镜像" },
  reuse: { en: "used as it is: {size}, {content}", "zh-cn": "按原样使用：{size}，{content}" },
  grown: {
    en: "the guest grows the {type} to {size} when it mounts it",
    "zh-cn": "虚拟机在挂载时将 {type} 扩展到 {size}",
  },
  unknownField: { en: "the value of `{field}` is not known", "zh-cn": "`{field}` 的值未知" },
  unreadable: { en: "the image could not be looked at: {detail}", "zh-cn": "无法查看镜像：{detail}" },
  noHost: { en: "no host was looked at that runs this guest", "zh-cn": "没有查看过运行该虚拟机的主机" },
  severalPlaces: {
    en: "several directories may be the guest's: {paths}",
    "zh-cn": "有多个目录可能属于该虚拟机：{paths}",
  },
});
