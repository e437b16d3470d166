import type { Unit } from "../../microvm/start/start.ts";
import type { Setting } from "../../shell/setting.ts";

/** What NixOS puts into the PATH of every service (nixos/lib/systemd-lib.nix): coreutils, findutils, gnugrep, gnused, systemd. */
const ofService: ReadonlySet<string> = new Set(
  `[ b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm coreutils cp csplit cut date dd df dir
  dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join kill link ln logname ls
  md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink
  realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty
  sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink uptime users vdir wc who
  whoami yes find xargs locate updatedb grep egrep fgrep sed systemctl journalctl loginctl busctl networkctl resolvectl
  timedatectl hostnamectl localectl machinectl portablectl coredumpctl bootctl homectl oomctl udevadm varlinkctl
  systemd-analyze systemd-ask-password systemd-cat systemd-cgls systemd-cgtop systemd-creds systemd-cryptenroll
  systemd-cryptsetup systemd-delta systemd-detect-virt systemd-dissect systemd-escape systemd-id128 systemd-inhibit
  systemd-machine-id-setup systemd-mount systemd-notify systemd-nspawn systemd-path systemd-repart systemd-run
  systemd-socket-activate systemd-stdio-bridge systemd-sysext systemd-sysusers systemd-tmpfiles
  systemd-tty-ask-password-agent systemd-umount mount.ddi`.split(/\s+/),
);

/** The programs that commands of these parts of one unit find by their bare names; whoever sets a PATH has what he calls. */
export function programsOf(units: readonly Unit[]): Setting["commands"] {
  const isUsual = units.every(
    ({ path, environment }) =>
      path.items.length === 0 && path.open === null && environment.open === null && !environment.items.has("PATH"),
  );
  return isUsual ? ofService : "all";
}

/** Of a guest that no host declares: a unit has these, somebody who starts it by hand may have others. */
export const programsAnywhere: Setting["commands"] = { surely: ofService };
