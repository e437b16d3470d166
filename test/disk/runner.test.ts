import { describe, expect, it } from "vitest";
import { parseRunner } from "../../server/src/disk/runner.ts";
import { splitWords } from "../../server/src/shell/split.ts";

/** As lib/volumes.nix writes it today. */
function create(image: string, size: number, mkfs: string): string {
  return `if [ ! -e '${image}' ]; then
  touch '${image}'
  # Mark NOCOW
  chattr +C '${image}' || true
  truncate -s ${size}M '${image}'
  ${mkfs} '${image}'
fi
`;
}

function script(command: string, volumes: string, preStart = ""): string {
  return `#! /nix/store/bash/bin/bash -e
set -eou pipefail
${preStart}
PATH=$PATH:/nix/store/coreutils/bin:/nix/store/e2fsprogs-bin/bin
${volumes}

runtime_args=

exec -a "microvm@web" ${command} \${runtime_args:-}
`;
}

const volumes = create("data.img", 2048, "mkfs.ext4 -L 'data'") + create("/persist/store.img", 512, "mkfs.xfs  ");
const both = [
  { image: "data.img", sizeMiB: 2048, fsType: "ext4", label: "data" },
  { image: "/persist/store.img", sizeMiB: 512, fsType: "xfs", label: null },
];

/** One command line for each hypervisor, with the store's disk and both volumes. */
const commands: Readonly<Record<string, string>> = {
  qemu:
    "/nix/store/x-qemu/bin/qemu-system-x86_64 -name web -M 'microvm,accel=kvm:tcg' -m 512M " +
    "-append 'console=ttyS0 reboot=t panic=-1' " +
    "-drive 'id=store,format=raw,read-only=on,file=/nix/store/y-store.erofs,if=none,aio=io_uring' -device virtio-blk-pci,drive=store " +
    "-drive 'id=vda,format=raw,file=data.img,if=none,aio=io_uring,discard=unmap,read-only=off' -device virtio-blk-pci,drive=vda " +
    "-drive id=vdb,format=raw,file=/persist/store.img,if=none,aio=io_uring,discard=unmap,cache=none,read-only=on -device virtio-blk-pci,drive=vdb " +
    "-drive id=cd,file=own.iso,if=none",
  "cloud-hypervisor":
    "/nix/store/x-ch/bin/cloud-hypervisor --cpus boot=1 --cmdline 'console=ttyS0 root=fstab' --disk path=/nix/store/y-store.erofs,readonly=on " +
    "direct=off,image_type=raw,path=data.img,readonly=off 'direct=on,image_type=raw,path=/persist/store.img,readonly=off,serial=a b' --api-socket web.sock",
  crosvm:
    "/nix/store/x/bin/crosvm run -m 512 --serial type=stdout,console=true,stdin=true -r /nix/store/y-store.erofs " +
    "--block data.img,o_direct=false,ro=false --block '/persist/store.img,o_direct=true,ro=true,id=x' --initrd /nix/store/i /nix/store/k",
  kvmtool:
    "/nix/store/x/bin/lkvm run --name 'web' -m 512 -d '/nix/store/y-store.erofs,ro' -d 'data.img' -d '/persist/store.img,direct,ro' " +
    "-n mode=tap,tapif=/dev/tap$(< /sys/class/net/vm-a/ifindex),guest_mac=02:00",
  stratovirt:
    "/nix/store/e/bin/unbuffer /nix/store/x/bin/stratovirt -name web " +
    "-drive id=store,format=raw,readonly=on,file=/nix/store/y,if=none,aio=io_uring,direct=false -device virtio-blk-device,drive=store " +
    "-drive id=vda,format=raw,if=none,aio=io_uring,file=data.img,direct=off,readonly=off -device virtio-blk-device,drive=vda,id=blk_vda " +
    "-drive id=vdb,format=raw,if=none,aio=io_uring,file=/persist/store.img,direct=on,readonly=on",
  alioth:
    "/nix/store/x/bin/alioth run --memory size=512M,backend=memfd -k '/nix/store/k/bzImage' -c 'console=ttyS0 reboot=k' --entropy " +
    "--blk 'path=/nix/store/y,readonly=true' --blk 'path=data.img,readOnly=false' --blk 'path=/persist/store.img,readOnly=true'",
  vfkit:
    "/nix/store/x/bin/vfkit --cpus 1 --memory 512 --bootloader 'linux,kernel=/nix/store/k,initrd=/nix/store/i,cmdline=\"console=hvc0 reboot=t\"' " +
    "--device virtio-rng --device virtio-blk,path=/nix/store/y,readonly --device virtio-blk,path=data.img --device virtio-blk,path=/persist/store.img " +
    "--device virtio-net,nat,mac=02:00",
  "vfkit with a socket":
    'bash -c \'SOCKET_ABS=web.sock\n[[ "$SOCKET_ABS" != /* ]] && SOCKET_ABS="$PWD/$SOCKET_ABS"\n' +
    "exec '\\''/nix/store/x/bin/vfkit'\\'' --device virtio-blk,path=data.img --device virtio-blk,path=/persist/store.img --restful-uri \"unix:///$SOCKET_ABS\"\n'",
};

describe("the runner script of each hypervisor", () => {
  for (const [name, command] of Object.entries(commands)) {
    it(`${name}: volumes in order, with size, type and label as deployed`, () => {
      expect(parseRunner(script(command, volumes))).toEqual({ volumes: both, configFile: null });
    });
  }

  it("firecracker: the volumes that are created, and all of them from its configuration", () => {
    const command =
      "/nix/store/x/bin/firecracker --config-file /nix/store/f-firecracker-web.json --api-sock web.sock --enable-pci";
    const configFile = "/nix/store/f-firecracker-web.json";
    expect(parseRunner(script(command, volumes))).toEqual({ volumes: both, configFile });
    const drives = ["/nix/store/y-store.erofs", "other.img", "data.img"].map((path, i) => ({
      drive_id: i === 0 ? "store" : path,
      path_on_host: path,
    }));
    expect(parseRunner(script(command, volumes), JSON.stringify({ drives }))?.volumes).toEqual([
      { image: "other.img", sizeMiB: null, fsType: null, label: null },
      both[0],
    ]);
  });

  it("a volume without autoCreate has no size", () => {
    const runner = parseRunner(script(commands["qemu"] as string, create("data.img", 64, "mkfs.vfat -n 'BOOT' ")));
    expect(runner?.volumes).toEqual([
      { image: "data.img", sizeMiB: 64, fsType: "vfat", label: "BOOT" },
      { image: "/persist/store.img", sizeMiB: null, fsType: null, label: null },
    ]);
  });

  it("no volumes", () => {
    expect(parseRunner(script("/nix/store/x/bin/crosvm run -m 512", ""))?.volumes).toEqual([]);
  });

  it("mkfsExtraArgs: the last label is the one that mkfs takes", () => {
    const made = create("data.img", 8, "mkfs.ext4 -L 'one' '-L' 'two' '-m' '0'");
    expect(parseRunner(script("crosvm run --block data.img,ro=false", made))?.volumes[0]?.label).toBe("two");
  });

  it("what the user does in preStart is not taken for a volume", () => {
    const preStart =
      "rm -f data.img\nif [ ! -e own.img ]; then\n  truncate -s 5M own.img\n  mkfs.ext4 own.img\nfi\nexec_me=1";
    expect(parseRunner(script(commands["qemu"] as string, volumes, preStart))?.volumes).toEqual(both);
  });

  it("scripts of 2022 to 2024: dd and fallocate, no quotes, no runtime_args", () => {
    const old = `#!/bin/sh
PATH=$PATH:/nix/store/e2fsprogs/bin

if [ ! -e var.img ]; then
  dd if=/dev/zero of=var.img bs=1M count=1 seek=511
  mkfs.ext4 var.img
fi

if [ ! -e 'home.img' ]; then
  touch 'home.img'
  fallocate -l 256MiB 'home.img'
  mkfs.ext4  'home.img'
fi

exec '/nix/store/x/bin/cloud-hypervisor' '--disk' 'path=/nix/store/y,readonly=on' 'path=var.img' 'path=home.img'
`;
    expect(parseRunner(old)?.volumes).toEqual([
      { image: "var.img", sizeMiB: 512, fsType: "ext4", label: null },
      { image: "home.img", sizeMiB: 256, fsType: "ext4", label: null },
    ]);
  });

  it("shapes that are not known are unknown", () => {
    for (const text of [
      "",
      "#!/bin/sh\n",
      "exec",
      "exec /nix/store/x/bin/newvisor --disk data.img",
      "\0\0\0",
      "exec 'unclosed",
    ]) {
      expect(parseRunner(`${text}\n`), text).toBeNull();
    }
  });

  it("never throws, whatever the script was turned into", () => {
    const whole = script(commands["vfkit with a socket"] as string, volumes);
    for (let cut = 0; cut < whole.length; cut += 7) {
      parseRunner(whole.slice(cut));
      parseRunner(whole.slice(0, cut));
      parseRunner(whole.slice(0, cut) + "'\"$(".repeat(3) + whole.slice(cut));
    }
  });
});

it("words of a command are split and unquoted as a shell does", () => {
  expect(splitWords(`a 'b c' "d \\"e\\" $f" g\\ h 'it'\\''s' x$(echo "y )" (z))w "" ; next`)).toEqual([
    ...["a", "b c", 'd "e" $f', "g h", "it's", 'x$(echo "y )" (z))w', ""],
  ]);
});
