# The database. Its volume was ext4 once; somebody read that xfs is better for this.
{
  services.postgresql.enable = true;

  microvm.volumes = [
    {
      image = "postgresql.img";
      mountPoint = "/var/lib/postgresql";
      fsType = "xfs";
      size = 2048;
    }
  ];
}
