# What all guests have in common. Their volumes are in ../guests/<name>.nix.
{
  name,
  id,
  memory ? 1024,
}:
{
  autostart = true;

  config = {
    imports = [ ../guests/${name}.nix ];

    networking.hostName = name;

    microvm = {
      hypervisor = "cloud-hypervisor";
      vcpu = 2;
      mem = memory;

      interfaces = [
        {
          type = "tap";
          id = "vm-${name}";
          mac = "02:00:00:00:00:0${toString id}";
        }
      ];

      shares = [
        {
          proto = "virtiofs";
          tag = "ro-store";
          source = "/nix/store";
          mountPoint = "/nix/.ro-store";
        }
      ];
    };

    system.stateVersion = "26.05";
  };
}
