# Builds for the other machines, so it has a store that it can write to.
{
  nix.settings.max-jobs = 4;

  microvm = {
    writableStoreOverlay = "/nix/.rw-store";

    volumes = [
      {
        image = "nix-store-overlay.img";
        mountPoint = "/nix/.rw-store";
        # Was 512 until a build ran out of space.
        size = 2048;
      }
    ];
  };
}
