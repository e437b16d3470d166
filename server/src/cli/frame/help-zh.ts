/** The help of one command in Simplified Chinese; the English stands with the command. */
export interface Help {
  readonly summary: string;
  readonly usage: string;
  readonly help: string;
}

const path = `
  PATH                含 flake 的文件夹，或 .nix 文件；默认为当前文件夹`;
const hosts = `
  --state-dir DIR     镜像所在目录；默认为主机的 microvm.stateDir，否则为 /var/lib/microvms
  --host NAME         通过 ssh 查看该主机（可重复）；\`local\` 表示本机
  --snapshot FILE     使用在主机上由 \`microvm-lens scan --json\` 输出的内容（可重复）`;
const rules = `
  --set RULE=LEVEL    为一条规则设置 off、hint、information、warning 或 error（可重复）`;

/** By the name of the command. test/cli/help.test.ts holds the options against those that there are. */
export const helpInChinese: Readonly<Record<string, Help>> = {
  check: {
    summary: "卷有哪些问题，附源代码行与修复方法",
    usage: "check [选项…] [PATH…]",
    help: `
将配置的声明与磁盘上的实际情况进行比较。
${path}${hosts}
  --format FORMAT     pretty（默认）、json、sarif（2.1.0）或 github（GitHub Actions 注释）
  --json              等同于 --format json
  --with-allowed      与 --format sarif 一起使用：也输出由注释允许的问题，并标记为已抑制
  --fail-on LEVEL     从该级别起以 1 退出：error（默认）、warning、information、hint 或 never
  --strict            有内容未能判断时也以 1 退出${rules}`,
  },
  plan: {
    summary: "每台虚拟机下次启动会如何处理每个卷",
    usage: "plan [选项…] [PATH…]",
    help: `
说明每个卷下次启动时是创建镜像、沿用已有镜像（并忽略哪些声明的值），还是会失败，以及原因。
${path}${hosts}
  --declared FILE     不求值，采用真正的 Nix 写出的声明；与本机磁盘比较
  --fail-on-broken    有卷的结果是“失败”时以 1 退出
  --why               画出每个卷从文件到挂载的路径；\`plan GUEST --why\` 只针对一台虚拟机
  --against REVISION  仅显示修改带来的变化：与某个 git 版本比较
  --format FORMAT     pretty（默认）或 json
  --json              等同于 --format json`,
  },
  inspect: {
    summary: "声明了什么（不查看磁盘）",
    usage: "inspect [选项…] [PATH…]",
    help: `
不运行 Nix 即对配置求值，并输出每台虚拟机及其卷。无法得知的内容会附上原因。
${path}
  --json              供工具使用：docs/schemas/inspect.schema.json`,
  },
  scan: {
    summary: "磁盘上有什么（不读取配置）",
    usage: "scan [选项…]",
    help: `
查看状态目录：虚拟机、镜像、文件系统、已部署与正在运行的内容。只读。

  --state-dir DIR     默认为 /var/lib/microvms
  --host NAME         通过 ssh 查看该主机（可重复）；\`local\` 表示本机
  --json              不输出表格，而输出供 \`--snapshot\` 读取的快照（docs/schemas/scan.schema.json）；多台主机时每行一份`,
  },
  fix: {
    summary: "应用安全的修改",
    usage: "fix [选项…] [PATH…]",
    help: `
在可以安全修复之处修改配置：保留格式与注释。需要检查的修改以及主机上的一切操作由您决定，\`check\` 会列出它们。
${path}${hosts}
  --rule RULE         仅处理该规则的问题（可重复）
  --dry-run           不做任何更改，输出统一格式的差异${rules}`,
  },
  image: {
    summary: "对单个镜像的操作：先输出计划，加 --yes 才执行",
    usage: "image OPERATION IMAGE [选项…]",
    help: `
处理其虚拟机已停止的镜像，位于本机，或用 --host 指定的另一台主机。会输出所见情况、每个步骤、会丢失什么（没有）以及如何撤销；
不加 --yes 不执行任何操作。内容在副本中改写，副本再一次性取代镜像；镜像旁的日志（.IMAGE.microvm-lens.json）使下次运行能够
撤销或完成被中断的操作。不会缩小任何东西，也只有 delete-old 会删除。

  grow IMAGE --size SIZE      加长镜像并扩展其文件系统；SIZE 形如 2048M、4G
  backup IMAGE [--to PATH]    复制（保留空洞）并比较
  grow --declared FILE [GUEST]    按每个卷的策略扩展小于声明大小的镜像（声明由真正的 Nix 写出）
  renew --declared FILE [GUEST]   移开每次启动或系统变化时应重新创建的镜像
  restore IMAGE --from PATH   用备份的副本取代它；旧内容留在旁边
  move-aside IMAGE            改名，使下次启动创建新的镜像
  adopt IMAGE --to PATH       移动到配置所查找的位置
  relabel IMAGE --label L     为文件系统设置另一个标签
  chown IMAGE                 将所有者改为用户 microvm
  convert IMAGE               由 qcow2、VHD 或 VHDX 镜像生成 raw 镜像
  trim IMAGE                  将文件系统未使用的空间归还主机（ext2/3/4、xfs）
  delete-old IMAGE.before-…   删除操作所保留的旧镜像（仅当取代它的镜像完好时）
  complete IMAGE              撤销或完成被中断的操作；其他操作都会先这样做

  --size SIZE、--label LABEL、--to PATH、--from PATH
  --file-only                 grow：只加长文件，由虚拟机扩展文件系统（xfs、btrfs 的默认方式）
  --mount                     grow：以 root 身份在此挂载 xfs 或 btrfs 来扩展
  --declared FILE             grow、renew：services.microvm-lens 写出的文件（docs/schemas/declared.schema.json）
  --all                       与 --declared 一起使用：也包括没有策略的卷
  --starting                  与 --declared 一起使用：由虚拟机的单元调用，该虚拟机在启动完成前视为已停止
  --host NAME                 grow、backup、move-aside、adopt、delete-old、complete：通过 ssh 在该主机上以 root 身份执行（sudo 在此询问）
  --unseen                    delete-old：无法看到谁占用旧镜像时（在容器中，或非 root）仍然继续
  --yes                       执行计划
  --json                      以 JSON 输出计划
  --progress SOCKET           与 --yes 一起使用：向在此监听的程序报告进度；它可以回答“cancel”`,
  },
  "start-check": {
    summary: "虚拟机能否启动：阻止无法挂载或无法引导的启动",
    usage: "start-check --declared FILE GUEST [选项…]",
    help: `
供虚拟机的单元在启动之前调用（ExecCondition=）：将真正的 Nix 写出的声明与磁盘上的情况比较，用一句话说明虚拟机为何会进入紧急
shell。只读取，不求值。未知的情况不会阻止启动。退出码：0 可以启动，1 不可以，2 无法得知。

  GUEST               虚拟机的名称
  --declared FILE     services.microvm-lens 写出的文件（docs/schemas/declared.schema.json）；- 表示标准输入
  --json              供工具使用：docs/schemas/start-check.schema.json`,
  },
  metrics: {
    summary: "将声明的卷输出为 Prometheus 的数值，并保留有限的历史",
    usage: "metrics --declared FILE [选项…]",
    help: `
将磁盘上的情况与真正的 Nix 写出的声明比较，以 Prometheus 的文本格式输出数值，供 node_exporter 的 textfile 收集器使用。文件整体
替换。退出码：0 没有需要警示的情况，1 --alert 的某个条件成立，2 无法完成。

  --declared FILE     services.microvm-lens 写出的文件（docs/schemas/declared.schema.json）；- 表示标准输入
  --output FILE       将数值写入该文件，例如 textfile 收集器目录中的 microvm.prom
  --history DIR       在此保留历史：一周的每小时，一年的每天；据此得知卷何时会满
  --scan FILE         将所见写入该文件，与 \`scan --json\` 的输出相同：可用于 \`--snapshot\` 的快照
  --alert CONDITION   broken、mismatch 或 full=PERCENT（可重复）：在 stderr 说明，并以 1 退出
  --json              改为以 JSON 输出数值：docs/schemas/metrics.schema.json`,
  },
  prune: {
    summary: "操作留下的旧镜像，以及无人使用的镜像：到期清理",
    usage: "prune --declared FILE [选项…]",
    help: `
在镜像本身存在的前提下，若干天后删除我们自己的操作保留的文件（IMAGE.before-grow、IMAGE.aside 等）；使用 --unused-days 时，还会将
没有声明、没有 runner 引用且无人打开的镜像移入隔离区，若干天后再从中删除。会先输出将要做什么；加 --yes 才执行。文件中未声明、
自身也未说明其声明（microvm-lens.nixosModules.guest）的虚拟机，其目录不受影响。退出码：0 完成或无事可做，2 有内容无法处理。

  --declared FILE        services.microvm-lens 写出的文件（docs/schemas/declared.schema.json）；- 表示标准输入
  --keep-days N          操作留下的文件保留的天数；默认 14
  --unused-days N        多少天没有变化的无人使用的镜像移入隔离区
  --quarantine-days N    在隔离区的天数；默认 30
  --restore NAME         按编号或原路径恢复隔离区中的文件
  --yes                  执行
  --unseen               无法看到谁占用文件时（在容器中，或非 root）仍然继续
  --json                 供工具使用：docs/schemas/prune.schema.json`,
  },
  trend: {
    summary: "卷的增长速度，以及何时写满",
    usage: "trend [--history DIR | --record DIR [选项…] [PATH…]]",
    help: `
根据记录输出每个卷的走向：编辑器每小时和每天记录一次卷的使用情况（设置 microvmLens.history），--record 也是如此。只有两天以上、
八次以上的查看足以证明时，才给出速度及其范围。

  --history DIR       读取其中的记录；默认：编辑器在此用户状态目录中的记录
  --record DIR        先查看配置对应的磁盘，并记录在此，供定时器使用
${path}${hosts}
  --json              供工具使用：docs/schemas/trend.schema.json`,
  },
  report: {
    summary: "存储概览，一个独立的网页",
    usage: "report [选项…] [PATH…] --html FILE",
    help: `
写出一个不含脚本、也不从网络加载任何内容的 HTML 页面：主机、虚拟机和卷，声明了什么，镜像占用多少，还可能增长多少，以及发现的问题。
${path}${hosts}
  --html FILE         写到哪里；- 表示标准输出
  --record DIR        在此记录卷的使用情况，并据此显示趋势${rules}`,
  },
  "explain-boot": {
    summary: "根据控制台或单元日志，指出从文件到挂载的哪一环断开",
    usage: "explain-boot GUEST --log FILE [选项…] [PATH…]",
    help: `
读取未能启动的虚拟机的日志，对其声明的卷，指出 文件 → 镜像 → 设备 → 卷 → upper 与 work → 挂载 中断开的一环；若日志没有说明，则如实告知。
日志可以来自串行控制台、主机上的 \`journalctl -u microvm@GUEST\`，或虚拟机自身的日志。不查看磁盘。

  GUEST               虚拟机的名称
  PATH                含 flake 的文件夹，或 .nix 文件；默认为当前文件夹
  --log FILE          日志；- 表示标准输入
  --json              供工具使用：docs/schemas/explain-boot.schema.json`,
  },
  explain: {
    summary: "一条规则的含义，附一个有问题和一个没有问题的例子",
    usage: "explain [RULE]",
    help: `
输出一条规则的文档：它说什么，为什么重要，一个会报告的例子和一个不会报告的例子。不带规则时列出全部规则。
`,
  },
  completions: {
    summary: "bash、zsh 或 fish 的补全脚本，由 shell 读取",
    usage: "completions bash|zsh|fish",
    help: `
输出一个脚本，供 shell 补全命令、选项及其值。

  bash                source <(microvm-lens completions bash)    写入 ~/.bashrc
  zsh                 source <(microvm-lens completions zsh)     写入 ~/.zshrc，位于 compinit 之后
  fish                microvm-lens completions fish | source     写入 ~/.config/fish/config.fish
`,
  },
  lsp: {
    summary: "供编辑器使用的语言服务器",
    usage: "lsp [--trust] --stdio",
    help: `
在标准输入和标准输出上使用语言服务器协议。由编辑器启动；各编辑器的设置方法见 docs/editors.md。

  --trust                 可按编辑器发来的设置通过 ssh 询问主机，并在要求时运行 Nix：仅当你打开的文件夹都无法
                          改动这些设置时使用
  --stdio                 唯一的通信方式；可以省略
  --clientProcessId PID   当该进程结束时结束`,
  },
};
