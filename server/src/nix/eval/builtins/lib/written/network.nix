# Functions of lib/network/default.nix of nixpkgs, in our own words.
lib:
{
  # string -> string
  mkEUI64Suffix =
    mac:
    let
      octets = builtins.match "([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})" mac;
      at = builtins.elemAt octets;
    in
    if octets == null then throw (mac + " is not a valid MAC address (expected 6 octets of hex digits)")
    else lib.toLower (lib.concatStringsSep ":" [
      (lib.toHexString (builtins.bitXor 512 (lib.fromHexString (at 0 + at 1))))
      (at 2 + "ff")
      ("fe" + at 3)
      (at 4 + at 5)
    ]);

  # string -> { address, prefixLength }
  fromString =
    text:
    let
      parts = lib.splitString "/" text;
      length = if builtins.length parts == 1 then 128 else lib.toInt (builtins.elemAt parts 1);
      groups = piece: builtins.filter (x: x != "") (lib.splitString ":" piece);
      halves = lib.splitString "::" (builtins.head parts);
      before = groups (builtins.head halves);
      after = if builtins.length halves == 2 then groups (lib.last halves) else [ ];
      zeros = 8 - builtins.length before - builtins.length after;
      full = before ++ (if builtins.length halves == 2 then lib.replicate zeros "0" else [ ]) ++ after;
      valid = builtins.match "[0-9A-Fa-f:]+" (builtins.head parts) != null
        && builtins.length parts <= 2 && builtins.length halves <= 2
        && (builtins.length halves == 1 || zeros >= 1) && builtins.length full == 8
        && lib.all (group: builtins.stringLength group <= 4) full
        && lib.concatStringsSep "::" (map (half: lib.concatStringsSep ":" (groups half)) halves) == builtins.head parts;
    in
    if !valid then throw (text + " is not a valid IPv6 address in CIDR notation")
    else if length < 1 || length > 128 then throw (text + " IPv6 subnet should be in range [1;128]")
    else {
      prefixLength = length;
      address = lib.concatMapStringsSep ":" (group: lib.toLower (lib.toHexString (lib.fromHexString group))) full;
    };
}
