// docs/nixos.md out of the options of nix/options.json, in each language.

/** The same in both languages. */
const flake = `\`\`\`nix
{
  inputs.microvm-lens.url = "github:microvm-lens/microvm-lens";

  outputs = { nixpkgs, microvm, microvm-lens, ... }: {
    nixosConfigurations.atlas = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.host
        microvm-lens.nixosModules.default
        {
          services.microvm-lens = {
            enable = true;
            grow.enable = true;
            guard.enable = true;
          };
        }
      ];
    };
  };
}
\`\`\``;

const texts = {
  en: {
    head: `# Declared means done: the NixOS module

Generated from \`nix/options.json\` by \`scripts/generate-nixos.mjs\`.

microvm.nix makes an image with the declared size once, and never looks at it again. With this module, the size that the
configuration says is what the guest has after its next start; a start that would end in an emergency shell is stopped with
one sentence; and what is left over goes after its days. Everything is off until asked for.

${flake}

[story.md](story.md) tells what becomes of one guest with it.

## How it works

While the system is built, real Nix evaluates what each guest of \`microvm.vms\` declares, and the module writes it into the
system and to \`/etc/microvm-lens/declared.json\` ([schema](schemas/declared.schema.json)). The units call the command line,
which takes the values from there and evaluates nothing. Each command works without the module, for units of other
distributions: [cli.md](cli.md#declared-values).

| unit | calls | when |
|---|---|---|
| \`microvm@NAME\`, as \`ExecCondition=\` | \`image renew\`, \`image grow\`, \`start-check\` | before each start, as root |
| \`microvm-lens-watch\` (timer) | \`metrics\` | \`watch.interval\` |
| \`microvm-lens-prune\` (timer) | \`prune\` | \`prune.interval\` |
| \`system.preSwitchChecks\` | \`plan --fail-on-broken\` | before a switch |

- What is said before a start is in the journal of the guest: \`journalctl -u microvm@NAME\`.
- A start that the guard stops is *skipped* for systemd: it is not tried again every five seconds. \`systemctl start\` tries
  again when the cause is gone.
- The unit's text never changes with a guest, so that a switch restarts nobody because of this module.
- A large image takes time to copy: \`TimeoutStartSec\` is infinite where something is grown.
- The forecast knows what is ordered around guests: services that name them or that they ask for, \`ExecStartPre=\` and \`preStart\` of
  their own units. Of tmpfiles, activation scripts and services that name no guest it knows nothing here; the editor, which
  reads the configuration, does.
- While something that \`fileSystems\` of the host mounts there is not mounted, \`prune\` takes nothing, and the guard starts no
  guest for which an image would be made in its place. Datasets that ZFS mounts by itself are not known.

## In the guest

xfs and btrfs grow while they are mounted: their image is made longer on the host, and the guest grows the filesystem where
\`fileSystems.<path>.autoResize\` is set. \`microvm-lens.nixosModules.guest\`, imported in the guest, sets it for each volume.

The same module lets a guest say itself what it declares, in its runner (\`current/bin/microvm-lens-guest\`). Guests that are
deployed on their own (\`microvm -c\`, from a flake of their own) are not in the host's configuration: with the module, they are
grown, guarded, watched and pruned as the host's settings say, also by their name in \`guests.<name>\`. What stands there counts
only where root made the link \`current\`, as \`microvm -c\` does. Without the module nothing is known of their volumes: the
commands say so, and everything in their directories stays.

## Options

| option of \`services.microvm-lens\` | type | default | |
|---|---|---|---|
`,
    tail: `
## Backups

Backups of running guests are not this module's. A consistent one is made in the guest (restic, borg, a database's own dump),
or of a stopped guest: \`microvm-lens image backup IMAGE --to PATH\` copies with holes and compares; on btrfs, xfs and ZFS a
reflink or snapshot of the image is one act, which restic and borg then read at leisure:

\`\`\`nix
services.restic.backups.microvms = {
  backupPrepareCommand = "cp --reflink=always /var/lib/microvms/web/data.img /var/lib/microvms/web/.for-backup.img";
  paths = [ "/var/lib/microvms/web/.for-backup.img" ];
  backupCleanupCommand = "rm -f /var/lib/microvms/web/.for-backup.img";
};
\`\`\`

A copy of a running guest's image is what the disk would be after a power cut: its journal is replayed when it is mounted.

## How it is tested

\`test/module\` evaluates the module with real Nix. In CI nixpkgs cannot be had: a stand-in of lib records what is asked, which
shows that the module evaluates and what comes of each setting, and not that NixOS merges it alike. With
\`NIXPKGS_LIB\` (a checkout of nix-community/nixpkgs.lib) and \`MICROVM_NIX\` (of microvm.nix), the same tests run under the real
module system with microvm.nix's real options and mounts. The units pass \`systemd-analyze verify\`, and the script of a start
is really run on real images. \`npm run soak -- scenes\` runs a table of operation, image, policy and fault (missing room, a
holder, two at once, killed before every step, an image swapped meanwhile); \`npm test\` takes a sample. Real guests under QEMU
see with \`df\` what was declared: 21 boots in the long run (\`npm run soak -- guests\`), with ext4, xfs and btrfs.
`,
    none: "–",
  },
  "zh-cn": {
    head: `# 声明即完成：NixOS 模块

由 \`scripts/generate-nixos.mjs\` 根据 \`nix/options.json\` 生成。

microvm.nix 只在创建镜像时使用声明的大小，之后不再理会。使用此模块后，虚拟机下次启动时就具有配置所写的大小；会进入紧急 shell 的启动
会被一句话阻止；遗留的文件到期清理。一切功能均需开启。

${flake}

[story.md](story.md) 讲述一台虚拟机使用它的过程。

## 工作方式

构建系统时，真正的 Nix 求出 \`microvm.vms\` 中每台虚拟机的声明，模块将其写入系统和 \`/etc/microvm-lens/declared.json\`
（[模式](../schemas/declared.schema.json)）。各单元调用命令行，命令行从中取值，不做任何求值。每个命令都可脱离模块使用，供其他发行版的
单元调用：[cli.md](../cli.md#declared-values)。

| 单元 | 调用 | 时机 |
|---|---|---|
| \`microvm@NAME\`（\`ExecCondition=\`） | \`image renew\`、\`image grow\`、\`start-check\` | 每次启动前，以 root 身份 |
| \`microvm-lens-watch\`（定时器） | \`metrics\` | \`watch.interval\` |
| \`microvm-lens-prune\`（定时器） | \`prune\` | \`prune.interval\` |
| \`system.preSwitchChecks\` | \`plan --fail-on-broken\` | 切换之前 |

- 启动前的说明写入虚拟机的日志：\`journalctl -u microvm@NAME\`。
- 被阻止的启动对 systemd 而言是*跳过*：不会每五秒重试。原因消除后用 \`systemctl start\` 再次启动。
- 单元的文本不随虚拟机变化，因此切换不会因此模块重启任何虚拟机。
- 复制大镜像需要时间：需要扩展时 \`TimeoutStartSec\` 为无限。
- 预测了解与虚拟机有先后关系的内容：提到虚拟机或被其请求的服务，以及其自身单元的 \`ExecStartPre=\` 与 \`preStart\`。对 tmpfiles、激活脚本
  以及未提到虚拟机的服务，此处一无所知；读取配置的编辑器则知道。
- 主机 \`fileSystems\` 在该处的挂载尚未就绪时，\`prune\` 不清理任何内容，guard 也不会启动会在其位置新建镜像的虚拟机。由 ZFS 自行挂载的
  数据集无法得知。

## 在虚拟机中

xfs 与 btrfs 在挂载状态下扩展：主机加长镜像，设置了 \`fileSystems.<路径>.autoResize\` 的虚拟机扩展文件系统。在虚拟机中导入
\`microvm-lens.nixosModules.guest\` 即为每个卷设置它。

同一模块还让虚拟机在其 runner 中自行说明其声明（\`current/bin/microvm-lens-guest\`）。单独部署的虚拟机（\`microvm -c\`，来自自己的 flake）不在
主机配置中：导入该模块后，它们按主机的设置（也可按名称 \`guests.<name>\`）扩展、保护、监视和清理。仅当链接 \`current\` 由 root 创建时（如
\`microvm -c\` 所做）其内容才作数。未导入时无法得知其卷：各命令会说明，其目录中的一切都会保留。

## 选项

| \`services.microvm-lens\` 的选项 | 类型 | 默认值 | |
|---|---|---|---|
`,
    tail: `
## 备份

备份运行中的虚拟机不属于此模块。一致的备份应在虚拟机内进行（restic、borg、数据库自己的导出），或在虚拟机停止后进行：
\`microvm-lens image backup IMAGE --to PATH\` 会保留空洞地复制并比较；在 btrfs、xfs 和 ZFS 上，镜像的 reflink 或快照一步完成，随后可由
restic 和 borg 从容读取：

\`\`\`nix
services.restic.backups.microvms = {
  backupPrepareCommand = "cp --reflink=always /var/lib/microvms/web/data.img /var/lib/microvms/web/.for-backup.img";
  paths = [ "/var/lib/microvms/web/.for-backup.img" ];
  backupCleanupCommand = "rm -f /var/lib/microvms/web/.for-backup.img";
};
\`\`\`

运行中虚拟机的镜像副本相当于断电后的磁盘：挂载时会重放其日志。

## 如何测试

\`test/module\` 用真正的 Nix 对模块求值。CI 中没有 nixpkgs：由一个替身 lib 记录所请求的内容，它表明模块可以求值以及每项设置的结果，但不
表明 NixOS 会同样合并。设置 \`NIXPKGS_LIB\`（nix-community/nixpkgs.lib 的检出）与 \`MICROVM_NIX\`（microvm.nix 的检出）后，同样的测试在真正的
模块系统以及 microvm.nix 真正的选项和挂载下运行。各单元通过 \`systemd-analyze verify\`，启动脚本在真实镜像上真正运行。
\`npm run soak -- scenes\` 运行一张由操作、镜像、策略与故障（空间不足、被占用、同时两次、在每一步之前被终止、镜像中途被替换）组成的表；
\`npm test\` 取其样本。QEMU 下的真实虚拟机用 \`df\` 看到所声明的大小：长时间运行（\`npm run soak -- guests\`）启动 21 次，涵盖 ext4、xfs 和 btrfs。
`,
    none: "–",
  },
};

/** `nullOr enum start refuse` as people write it in Nix' documentation. */
export function typeWords(type) {
  const [head, ...rest] = type.split(" ");
  if (head === "nullOr") return `null ${typeWords(rest.join(" "))}`;
  if (head === "listOf") return `list of ${typeWords(rest.join(" "))}`;
  if (head === "enum") return rest.map((word) => `\`"${word}"\``).join(" ");
  return { bool: "boolean", str: "string", unsigned: "integer", package: "package" }[head] ?? head;
}

/** A value as Nix writes it. */
function nixValue(value) {
  if (Array.isArray(value)) return `[ ${value.map(nixValue).join(" ")} ]`;
  return JSON.stringify(value);
}

export function nixosPage(options, locale) {
  const { head, tail, none } = texts[locale];
  const rows = options.map((option) => {
    const value = "default" in option ? `\`${nixValue(option.default)}\`` : none;
    return `| \`${option.name}\` | ${typeWords(option.type)} | ${value} | ${option[locale]} |`;
  });
  return `${head}${rows.join("\n")}\n${tail}`;
}
