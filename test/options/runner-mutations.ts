import type { Mutation } from "./mutations.ts";

const hypervisors = ["qemu", "cloud-hypervisor", "firecracker", "crosvm", "kvmtool", "stratovirt", "alioth", "vfkit"];

const share = (more: string) => `microvm.shares = [ { tag = "a"; source = "/a"; mountPoint = "/a"; ${more} } ];`;
const net = (more: string) => `microvm.interfaces = [ { id = "net0"; mac = "02:00:00:00:00:01"; ${more} } ];`;
const volume = (more: string) => `microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 9; ${more} } ];`;
const extra = (...words: readonly string[]) =>
  `microvm.cloud-hypervisor.extraArgs = [ ${words.map((word) => `"${word}"`).join(" ")} ];`;

/** What a runner may or may not be able to do; each is one line of a module, with every hypervisor. */
const settings: readonly string[] = [
  "",
  'microvm.user = "kit";',
  "microvm.user = null;",
  "microvm.balloon = true;",
  "microvm.balloon = true; microvm.deflateOnOOM = false;",
  "microvm.initialBalloonMem = 256;",
  "microvm.balloon = true; microvm.initialBalloonMem = 256;",
  "microvm.hotplugMem = 1024;",
  "microvm.hotpluggedMem = 512;",
  "microvm.hotplugMem = 1024; microvm.hotpluggedMem = 512;",
  "microvm.hotplugMem = 0;",
  'microvm.hotplugMem = 1024; microvm.qemu.machine = "q35";',
  'microvm.hotplugMem = 1024; microvm.qemu.machine = "microvm";',
  'microvm.credentialFiles.a = "/run/a";',
  "microvm.credentialFiles = { };",
  "microvm.socket = null;",
  'microvm.socket = "/run/s.sock";',
  "microvm.vcpu = 4;",
  "microvm.mem = 4096;",
  'microvm.cpu = "cortex-a53";',
  "microvm.vsock.cid = 7;",
  "microvm.vsock.cid = 7; microvm.vsock.ssh.enable = true;",
  "microvm.vsock.ssh.enable = true;",
  "microvm.graphics.enable = true;",
  "microvm.hugepageMem = true;",
  "microvm.optimize.enable = false;",
  "microvm.storeOnDisk = true;",
  'microvm.preStart = "true";',
  'microvm.kernelParams = [ "quiet" ];',
  'microvm.devices = [ { bus = "pci"; path = "0000:01:00.0"; } ];',
  'microvm.devices = [ { bus = "usb"; path = "vendorid=0x1,productid=0x2"; } ];',
  "microvm.devices = [ ];",
  share('proto = "9p";'),
  share('proto = "9p"; readOnly = true;'),
  share('proto = "virtiofs"; socket = "a.sock";'),
  share('proto = "virtiofs"; socket = "a.sock"; readOnly = true;'),
  "microvm.shares = [ ];",
  net('type = "user";'),
  net('type = "tap";'),
  net('type = "bridge"; bridge = "virbr0";'),
  net('type = "macvtap"; macvtap = { link = "eth0"; mode = "bridge"; };'),
  `${net('type = "user";')} microvm.forwardPorts = [ { host.port = 1; guest.port = 2; } ];`,
  `${net('type = "tap";')} microvm.forwardPorts = [ { host.port = 1; guest.port = 2; } ];`,
  volume(""),
  volume("readOnly = true;"),
  volume("autoCreate = false;"),
  extra("--vsock", "cid=3,socket=s"),
  `${extra("--vsock", "cid=3,socket=s")} microvm.vsock.cid = 7;`,
  `${extra("--vsock", "socket=s")} microvm.vsock.cid = 7;`,
  extra("--platform", "oem_strings=[a]"),
  extra("--platform", "tdx=on"),
  extra("--cpus", "boot=2"),
  extra("--cpus", "max=8,boot=2"),
  extra("--cpus", "max=8"),
  extra("--serial", "tty"),
  extra("--cpus"),
  'microvm.cloud-hypervisor.platformOEMStrings = [ "a" ];',
  'microvm.cloud-hypervisor.platformOEMStrings = [ "oem_strings=a" ];',
  'microvm.qemu.extraArgs = [ "-vnc" ":0" ];',
  "microvm.qemu.serialConsole = false;",
  'microvm.qemu.pcieRootPorts = [ { id = "p"; bus = "pcie.0"; chassis = 1; slot = "1"; } ];',
  'microvm.firecracker.extraArgs = [ "--x" ];',
  'microvm.crosvm.pivotRoot = "/empty";',
];

/** Every setting with every hypervisor: what its runner throws is all that differs. */
export function runnerMutations(): Mutation[] {
  return hypervisors.flatMap((hypervisor) =>
    settings.map((setting) => {
      const given = `microvm.hypervisor = "${hypervisor}"; ${setting}`;
      const text = `{\n  networking.hostName = "web";\n  ${given}\n}\n`;
      return { id: `${hypervisor}: ${setting}`, side: "guest", text, line: 3, at: [given] };
    }),
  );
}
