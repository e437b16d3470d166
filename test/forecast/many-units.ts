/** A host with so many guests, and so many oneshots that run at its boot, most of which have nothing to do with guests. */
export function manyUnits(guests: number, units: number): string {
  const names = Array.from({ length: guests }, (_, index) => `guest${index}`);
  return `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host ({ config, pkgs, ... }: {
${names.map(guest).join("\n")}
${Array.from({ length: units }, (_, index) => unit(index, names)).join("\n")}
      }) ];
    };
  };
}`;
}

function guest(name: string, index: number): string {
  const preStart = index % 4 === 1 ? `microvm.preStart = "[ -e /var/lib/site/keep ] || rm -f data.img";` : "";
  return `        microvm.vms.${name}.config = { ${preStart} microvm.volumes = [ { image = "data.img"; mountPoint = "/data"; size = 64; } ]; };`;
}

function unit(index: number, names: readonly string[]): string {
  const name = names[index % names.length];
  const script = scripts[index % scripts.length]?.(index, name as string) ?? "true";
  return `        systemd.services."job${index}" = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = ''
${script.replaceAll("''", "'''").replaceAll("${", "''${")}
        ''; };`;
}

const scripts: readonly ((index: number, name: string) => string)[] = [
  (index) => `mkdir -p /var/lib/job${index}\ndate > /var/lib/job${index}/stamp`,
  (index) => `if [ -e /etc/job${index}.conf ]; then cp /etc/job${index}.conf /run/job${index}/now.conf; fi`,
  (index) => `for each in /var/log/job${index}/*.log; do [ -e "$each" ] && gzip "$each"; done\ntrue`,
  (index) =>
    `test -d /var/cache/job${index} || mkdir /var/cache/job${index}\nfind /var/cache/job${index} -mtime +7 -delete`,
  (index) => `systemctl is-active job${index}.timer || echo no > /var/lib/job${index}.state`,
  (index, name) =>
    index < 12 ? `test -e /var/lib/site/reset && rm -f /var/lib/microvms/${name}/data.img\ntrue` : `echo job${index}`,
  (index) => `ln -sfn /srv/site${index} /var/lib/site${index}\nchown -R nobody /var/lib/site${index}`,
];
