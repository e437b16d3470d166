// The programs that some tests use to compare our answers with, and where Debian and Ubuntu have them.
import { existsSync } from "node:fs";
import { output, run, which } from "./run.mjs";

/** `program` is what is looked for; `pack` the Debian package; `why` is shown when it cannot be had. */
export const tools = [
  { program: "git", pack: "git", why: "plans against a revision" },
  { program: "nix-instantiate", pack: "nix-bin", why: "real Nix as the judge of the evaluator and of inserted text" },
  { program: "mkfs.ext4", pack: "e2fsprogs", why: "real ext2, ext3 and ext4 images" },
  { program: "mkfs.xfs", pack: "xfsprogs", why: "real xfs images" },
  { program: "mkfs.btrfs", pack: "btrfs-progs", why: "real btrfs images" },
  { program: "mkfs.vfat", pack: "dosfstools", why: "real vfat images" },
  { program: "qemu-img", pack: "qemu-utils", why: "real qcow2, VHD and VHDX images" },
  { program: "cryptsetup", pack: "cryptsetup-bin", why: "real LUKS images" },
  { program: "busybox", pack: "busybox-static", why: "the ssh probe under a second shell, and real guests" },
  { program: "dash", pack: "dash", why: "the ssh probe under a third shell" },
  { program: "strace", pack: "strace", why: "what is opened and started, and system calls that fail" },
  { program: "qemu-system-x86_64", pack: "qemu-system-x86", why: "real guests" },
  { program: "depmod", pack: "kmod", why: "the modules of real guests" },
  { program: "sshd", pack: "openssh-server", why: "the ssh probe against a real server" },
  { program: "ssh", pack: "openssh-client", why: "the ssh probe" },
  { program: "shellcheck", pack: "shellcheck", why: "inserted shell text" },
  { program: "systemd-analyze", pack: "systemd", why: "inserted units" },
  { program: "rg", pack: "ripgrep", why: "opening files in the real editor" },
  { program: "chromium", pack: "chromium", why: "driving the real editor" },
  { program: "nvim", pack: "neovim", why: "the language server in Neovim" },
  { program: "vim", pack: "vim", why: "the language server in Vim" },
  { program: "emacs", pack: "emacs-nox", why: "the language server in Emacs" },
  { program: "python3", pack: "python3", why: "building a module of the real editor" },
  { program: "make", pack: "make", why: "building a module of the real editor" },
  { program: "c++", pack: "g++", why: "building a module of the real editor" },
];

/** Other names under which a program is found. */
const aliases = { chromium: ["chromium-browser", "google-chrome", "google-chrome-stable"] };

/** The tools that are not on this machine. */
export function missingTools() {
  return tools.filter(({ program }) => ![program, ...(aliases[program] ?? [])].some((name) => which(name) !== null));
}

/** Installs what is missing with apt where that needs no password. Returns the tools that are still missing. */
export function installTools() {
  const missing = missingTools();
  if (missing.length === 0) return [];
  const admin = asAdministrator();
  if (admin === null || which("apt-get") === null) return missing;
  console.error(`» installing ${missing.map(({ pack }) => pack).join(" ")} with apt-get`);
  const [program, ...before] = [...admin, "apt-get"];
  const apt = (args) =>
    run(program, [...before, ...args], {
      // Its words go to stderr, so that stdout stays the tests'.
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" },
    });
  apt(["-qq", "update"]);
  const install = ["-qq", "-y", "-o", "Dpkg::Use-Pty=0", "install", "--no-install-recommends"];
  if (apt([...install, ...missing.map(({ pack }) => pack)]) !== 0) {
    // One package that this release does not have must not cost the others.
    for (const { pack } of missingTools()) apt([...install, pack]);
  }
  return missingTools();
}

/** The words that run a command as root without a password, or null. */
function asAdministrator() {
  if (process.platform !== "linux") return null;
  if (process.getuid?.() === 0) return [];
  const sudo = which("sudo");
  return sudo !== null && existsSync(sudo) && output(sudo, ["-n", "true"]) !== null ? [sudo, "-n", "-E"] : null;
}
