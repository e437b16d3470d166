# Serves the family's photos. Its images are what this file says.
{
  services.nginx.enable = true;

  microvm.volumes = [
    {
      image = "var.img";
      label = "web-var";
      mountPoint = "/var";
      size = 1024;
    }
    {
      image = "photos.img";
      label = "web-photos";
      mountPoint = "/srv/photos";
      size = 4096;
    }
  ];
}
