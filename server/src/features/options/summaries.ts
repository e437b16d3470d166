import type { Template } from "../../base/text.ts";

const t = (en: string, zh: string): Template => ({ en, "zh-cn": zh });

/**
 * What an option means for its user, in our words, by its name below `microvm.`. Options that are not listed here are
 * shown with their type and default only.
 */
export const summaries: Readonly<Record<string, Template>> = {
  volumes: t("Disk images of the guest.", "虚拟机的磁盘镜像。"),
  "volumes.*.image": t(
    "Path of the image on the host. A relative one lies in the guest's directory below the state directory.",
    "主机上镜像的路径。相对路径位于状态目录下该虚拟机的目录中。",
  ),
  "volumes.*.size": t(
    "Size in MiB of the image when it is created. It is ignored as soon as the image exists.",
    "创建镜像时的大小（MiB）。镜像一旦存在，该值即被忽略。",
  ),
  "volumes.*.mountPoint": t(
    "Where the guest mounts the volume; `null` mounts it nowhere.",
    "虚拟机挂载该卷的位置；`null` 表示不挂载。",
  ),
  "volumes.*.fsType": t(
    "Filesystem that is made when the image is created, and as which the guest mounts it.",
    "创建镜像时格式化的文件系统，也是虚拟机挂载它时使用的类型。",
  ),
  "volumes.*.label": t(
    "Label that is written when the image is created; the guest then finds the volume by it instead of by its position.",
    "创建镜像时写入的卷标；此后虚拟机按卷标而不是按位置查找该卷。",
  ),
  "volumes.*.autoCreate": t(
    "Create and format the image before the start when it does not exist.",
    "镜像不存在时，在启动前创建并格式化它。",
  ),
  "volumes.*.readOnly": t("The guest cannot write to the volume.", "虚拟机不能写入该卷。"),
  "volumes.*.direct": t(
    "Bypass the host's page cache (O_DIRECT). Some hypervisors ignore it.",
    "绕过主机的页缓存（O_DIRECT）。部分虚拟机监控器会忽略它。",
  ),
  "volumes.*.serial": t(
    "Serial number that the guest sees. Some hypervisors ignore it.",
    "虚拟机看到的序列号。部分虚拟机监控器会忽略它。",
  ),
  "volumes.*.imageType": t(
    "Format of the image, told to cloud-hypervisor only; images that are created are always raw.",
    "镜像格式，仅传给 cloud-hypervisor；自动创建的镜像始终为 raw。",
  ),
  "volumes.*.mkfsExtraArgs": t(
    "Further arguments of mkfs when the image is created.",
    "创建镜像时传给 mkfs 的额外参数。",
  ),
  writableStoreOverlay: t(
    "Directory on a volume of the guest that makes `/nix/store` writable: an overlay lies over the read-only store.",
    "虚拟机卷上的目录，使 `/nix/store` 可写：在只读存储之上叠加一层。",
  ),
  storeOnDisk: t(
    "Boot from a disk that holds the guest's store; off by default when the host's store is shared.",
    "从包含虚拟机存储的磁盘启动；共享主机存储时默认关闭。",
  ),
  storeDiskType: t("Filesystem of the disk that holds the store.", "包含存储的磁盘所用的文件系统。"),
  preStart: t(
    "Shell commands before every start, before volumes are created. A failing command stops the start.",
    "每次启动前、创建卷之前执行的 shell 命令。命令失败会中止启动。",
  ),
  hypervisor: t("Program that runs the guest.", "运行虚拟机的程序。"),
  vcpu: t("Number of virtual processors.", "虚拟处理器数量。"),
  mem: t("Memory in MiB.", "内存（MiB）。"),
  hugepageMem: t(
    "Back the guest's memory with huge pages (cloud-hypervisor).",
    "使用大页作为虚拟机内存（cloud-hypervisor）。",
  ),
  hotplugMem: t("Memory in MiB that can be added while the guest runs.", "运行期间可以增加的内存（MiB）。"),
  hotpluggedMem: t("How much of the hot-pluggable memory is there at the start.", "启动时已经插入的热插拔内存量。"),
  balloon: t("Let the host take back memory that the guest does not use.", "允许主机收回虚拟机未使用的内存。"),
  initialBalloonMem: t("Size in MiB of the balloon at the start.", "启动时气球的大小（MiB）。"),
  deflateOnOOM: t("Give memory back to the guest when it runs out of it.", "虚拟机内存不足时归还内存。"),
  cpu: t("Processor to emulate; emulation of another architecture is slow.", "要模拟的处理器；模拟其他架构会很慢。"),
  user: t("User to become when the runner is started as root.", "以 root 启动运行器时切换到的用户。"),
  socket: t(
    "Control socket of the hypervisor, relative to the guest's directory.",
    "虚拟机监控器的控制套接字，相对于虚拟机目录。",
  ),
  kernel: t(
    "Kernel of the guest; `boot.kernelPackages` is the usual way.",
    "虚拟机的内核；通常使用 `boot.kernelPackages`。",
  ),
  kernelParams: t("Parameters of the kernel, including `boot.kernelParams`.", "内核参数，包括 `boot.kernelParams`。"),
  devices: t("Devices of the host that are handed to the guest.", "交给虚拟机使用的主机设备。"),
  "devices.*.bus": t("Bus of the device.", "设备所在的总线。"),
  "devices.*.path": t("Address of the device on its bus.", "设备在总线上的地址。"),
  interfaces: t("Network interfaces of the guest.", "虚拟机的网络接口。"),
  "interfaces.*.type": t("How the interface is connected to the host.", "接口与主机的连接方式。"),
  "interfaces.*.id": t("Name of the interface on the host.", "接口在主机上的名称。"),
  "interfaces.*.mac": t("Hardware address in the guest.", "虚拟机中的硬件地址。"),
  "interfaces.*.bridge": t("Bridge of the host to join, for type `bridge`.", "要加入的主机网桥，用于 `bridge` 类型。"),
  "interfaces.*.macvtap.link": t("Interface of the host to attach to.", "要附加到的主机接口。"),
  "interfaces.*.macvtap.mode": t("How guests on the same link see each other.", "同一链路上的虚拟机之间如何互通。"),
  "interfaces.*.tap.vhost": t(
    "Let the host's kernel handle packets (vhost-net).",
    "由主机内核处理数据包（vhost-net）。",
  ),
  forwardPorts: t(
    "Ports that are forwarded between host and guest with user networking.",
    "使用用户态网络时在主机与虚拟机之间转发的端口。",
  ),
  "forwardPorts.*.from": t("Side on which connections arrive.", "连接到达的一侧。"),
  "forwardPorts.*.proto": t("Protocol to forward.", "要转发的协议。"),
  "forwardPorts.*.host.port": t("Port on the host.", "主机端口。"),
  "forwardPorts.*.host.address": t("Address on the host.", "主机地址。"),
  "forwardPorts.*.guest.port": t("Port in the guest.", "虚拟机端口。"),
  "forwardPorts.*.guest.address": t("Address of the guest.", "虚拟机地址。"),
  shares: t("Directories of the host that the guest mounts.", "由虚拟机挂载的主机目录。"),
  "shares.*.tag": t("Name of the share, unique within the guest.", "共享的名称，在虚拟机内唯一。"),
  "shares.*.source": t("Directory on the host.", "主机上的目录。"),
  "shares.*.mountPoint": t("Where the guest mounts it.", "虚拟机的挂载位置。"),
  "shares.*.proto": t(
    "`virtiofs` is faster and needs a daemon on the host; `9p` needs nothing.",
    "`virtiofs` 更快，但需要主机上的守护进程；`9p` 无需任何额外组件。",
  ),
  "shares.*.readOnly": t("The guest cannot write to the share.", "虚拟机不能写入该共享。"),
  "shares.*.cache": t("Caching of virtiofs; 9p ignores it.", "virtiofs 的缓存策略；9p 会忽略它。"),
  "shares.*.securityModel": t("How 9p keeps owners and modes of files.", "9p 如何保存文件的所有者和权限。"),
  "shares.*.socket": t(
    "Socket of the virtiofs daemon, relative to the guest's directory.",
    "virtiofs 守护进程的套接字，相对于虚拟机目录。",
  ),
  "shares.*.posixAcl": t(
    "Access control lists and extended attributes through virtiofs.",
    "通过 virtiofs 支持访问控制列表和扩展属性。",
  ),
  "shares.*.extraArgs": t("Further arguments of virtiofsd for this share.", "该共享的 virtiofsd 额外参数。"),
  "vsock.cid": t(
    "Address for sockets between host and guest; 0 to 2 are reserved.",
    "主机与虚拟机之间套接字的地址；0 至 2 为保留值。",
  ),
  "guest.enable": t("Use the guest module of microvm.nix at all.", "是否启用 microvm.nix 的虚拟机模块。"),
  "optimize.enable": t(
    "Defaults that make the guest smaller and quicker to start.",
    "使虚拟机更小、启动更快的默认值。",
  ),
  registerClosure: t(
    "Tell the guest's Nix database at boot which store paths of the system are there; off for a database that is kept.",
    "启动时向虚拟机的 Nix 数据库登记系统的存储路径；若数据库会保留，请关闭。",
  ),
  registerWithMachined: t(
    "Register the guest with systemd-machined, for machinectl.",
    "向 systemd-machined 登记虚拟机，以便使用 machinectl。",
  ),
  machineId: t(
    "UUID of the guest for systemd-machined and SMBIOS.",
    "供 systemd-machined 和 SMBIOS 使用的虚拟机 UUID。",
  ),
  credentialFiles: t(
    "Files that are handed to the guest as systemd credentials.",
    "作为 systemd 凭据交给虚拟机的文件。",
  ),
  extraArgsScript: t(
    "Script whose output is added to the hypervisor's arguments at the start.",
    "启动时将其输出追加到虚拟机监控器参数的脚本。",
  ),
  binScripts: t("Further scripts in the runner's bin/.", "运行器 bin/ 目录中的额外脚本。"),
  declaredRunner: t("Runner of the hypervisor that is chosen; read only.", "所选虚拟机监控器的运行器；只读。"),
  runner: t("Runners for every hypervisor; read only.", "各虚拟机监控器的运行器；只读。"),
  vmHostPackages: t(
    "Packages of the host's architecture: use these in `preStart`.",
    "主机架构的软件包：请在 `preStart` 中使用它们。",
  ),
  "graphics.enable": t("A window for the guest.", "为虚拟机提供图形窗口。"),
  "graphics.backend": t("How the window is drawn.", "窗口的绘制方式。"),
  "qemu.machine": t("Machine model of QEMU.", "QEMU 的机器型号。"),
  "qemu.extraArgs": t("Further arguments of QEMU.", "QEMU 的额外参数。"),
  "qemu.serialConsole": t("Serial console of QEMU.", "QEMU 的串行控制台。"),
  "cloud-hypervisor.extraArgs": t("Further arguments of cloud-hypervisor.", "cloud-hypervisor 的额外参数。"),
  "firecracker.driveIoEngine": t("How Firecracker reads and writes disks.", "Firecracker 读写磁盘的方式。"),
  "virtiofsd.group": t("Group that may use the sockets of virtiofsd.", "可以使用 virtiofsd 套接字的用户组。"),
  "virtiofsd.threadPoolSize": t("Threads of virtiofsd.", "virtiofsd 的线程数。"),
  stateDir: t(
    "Directory on the host that holds the guests' directories, with their images.",
    "主机上存放各虚拟机目录及其镜像的目录。",
  ),
  vms: t("Guests that are built together with this host.", "与该主机一起构建的虚拟机。"),
  "vms.<name>.config": t("NixOS module of the guest.", "虚拟机的 NixOS 模块。"),
  "vms.<name>.flake": t(
    "Flake whose `nixosConfigurations.<name>` is the guest.",
    "其 `nixosConfigurations.<name>` 即为该虚拟机的 flake。",
  ),
  "vms.<name>.evaluatedConfig": t("A configuration of the guest that is evaluated already.", "已经求值的虚拟机配置。"),
  "vms.<name>.updateFlake": t("Flake reference that `microvm -u` uses later.", "之后 `microvm -u` 使用的 flake 引用。"),
  "vms.<name>.autostart": t("Start the guest with the host.", "随主机启动该虚拟机。"),
  "vms.<name>.restartIfChanged": t(
    "Restart the guest when a rebuild of the host changed it.",
    "主机重建更改了虚拟机时重启它。",
  ),
  "vms.<name>.specialArgs": t("Further arguments for the guest's modules.", "传给虚拟机模块的额外参数。"),
  "vms.<name>.extraModules": t("Further modules of the guest.", "虚拟机的额外模块。"),
  "vms.<name>.pkgs": t("Package set of the guest.", "虚拟机的软件包集合。"),
  "vms.<name>.nixpkgs": t("nixpkgs of the guest.", "虚拟机的 nixpkgs。"),
  autostart: t("Guests to start with the host.", "随主机启动的虚拟机。"),
  "host.enable": t("Use the host module of microvm.nix at all.", "是否启用 microvm.nix 的主机模块。"),
  "host.startupTimeout": t("Seconds after which a start counts as failed.", "启动多少秒后视为失败。"),
  "host.useNotifySockets": t("Wait for the guest's own word that it is up.", "等待虚拟机自行通知已启动。"),
};
