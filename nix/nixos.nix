# The NixOS module of a host with microvm.nix: services.microvm-lens. It is thin: each unit calls one command of
# `microvm-lens`, which works without it (docs/nixos.md, docs/cli.md).
{ packagesFor }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.microvm-lens;
  lens = lib.getExe cfg.package;
  vms = config.microvm.vms or { };
  stateDir = config.microvm.stateDir or "/var/lib/microvms";

  # As microvm.nix's own host module finds it.
  configOf =
    name:
    let
      vm = vms.${name};
    in
    if (vm.flake or null) != null then
      vm.flake.nixosConfigurations.${name}.config
    else if (vm.evaluatedConfig or null) != null then
      vm.evaluatedConfig.config
    else
      vm.config.config;

  or' = fallback: value: if value == null then fallback else value;

  # What is done with an image before a start: settings of the volume go before those of its guest, and these before the
  # host's.
  policyOf =
    {
      guest,
      image,
      isOverlay,
    }:
    let
      ofGuest = path: fallback: or' fallback (lib.attrByPath ([ guest ] ++ path) null cfg.guests);
      ofVolume =
        path: fallback: or' fallback (lib.attrByPath ([ guest "volumes" image ] ++ path) null cfg.guests);
      grows = ofVolume [ "grow" "enable" ] (ofGuest [ "grow" "enable" ] cfg.grow.enable);
    in
    {
      grow =
        if grows then
          {
            how = ofVolume [ "grow" "how" ] cfg.grow.how;
            mount = cfg.grow.mountOnHost;
            onFailure = ofVolume [ "grow" "onFailure" ] (ofGuest [ "grow" "onFailure" ] cfg.grow.onFailure);
          }
        else
          null;
      renew = ofVolume [ "renew" ] (if isOverlay then cfg.ephemeral.storeOverlay else "never");
      renewKeepDays = cfg.ephemeral.keepDays;
    };

  # Of guests that are deployed on their own (`microvm -c`): their runners say what they declare (guest.nix), and not until
  # then is it known which volume is the store overlay.
  policiesOf = guest: image: {
    volume = policyOf {
      inherit guest image;
      isOverlay = false;
    };
    overlay = policyOf {
      inherit guest image;
      isOverlay = true;
    };
  };
  others = policiesOf "" "" // {
    hostCommands = hostCommandsOf "";
    guests = builtins.mapAttrs (
      name: guest:
      policiesOf name ""
      // {
        hostCommands = hostCommandsOf name;
        volumes = builtins.mapAttrs (image: _: policiesOf name image) guest.volumes;
      }
    ) (removeAttrs cfg.guests (builtins.attrNames vms));
  };
  othersPolicies = lib.concatMap (of: [ of.volume of.overlay ]) (
    [ others ] ++ lib.concatMap (guest: [ guest ] ++ builtins.attrValues guest.volumes) (builtins.attrValues others.guests)
  );

  # What other modules run in the guest's unit before its runner: what it does to images counts in the forecast.
  hostCommandsOf =
    name:
    lib.concatMap (
      unit: lib.toList (config.systemd.services.${unit}.serviceConfig.ExecStartPre or [ ])
    ) (builtins.filter (unit: config.systemd.services ? ${unit}) (lib.unique [ "microvm@" "microvm@${name}" ]));

  # Services of other modules that are ordered around guests, or that guests ask for: what they do before a start counts.
  services = config.systemd.services or { };
  relations = [
    "before"
    "after"
    "requires"
    "wants"
    "bindsTo"
    "partOf"
    "requiredBy"
    "wantedBy"
  ];
  named = unit: lib.concatMap (relation: unit.${relation} or [ ]) relations;
  isGuests = lib.hasPrefix "microvm@";
  isMicrovms =
    name:
    builtins.any (prefix: lib.hasPrefix prefix name) [
      "install-microvm-"
      "microvm-lens-"
      "microvm-macvtap-interfaces@"
      "microvm-pci-devices@"
      "microvm-set-booted@"
      "microvm-tap-interfaces@"
      "microvm-virtiofsd@"
    ];
  asked = lib.concatMap (name: named services.${name}) (builtins.filter isGuests (builtins.attrNames services));
  isAround =
    name:
    !(isMicrovms name)
    && (services.${name}.enable or true)
    && (
      isGuests name
      || builtins.elem "${name}.service" asked
      || builtins.any (lib.hasPrefix "microvm") (named services.${name})
    );
  textOf = value: if value == true then "true" else if value == false then "false" else toString value;
  linesOf = value: map textOf (lib.toList value);
  unitOf =
    name:
    let
      unit = services.${name};
      only =
        names: set:
        builtins.listToAttrs (
          lib.concatMap (key: lib.optional (set ? ${key}) {
            name = key;
            value = linesOf set.${key};
          }) names
        );
      conditions = builtins.filter (lib.hasPrefix "Condition") (builtins.attrNames (unit.unitConfig or { }));
    in
    {
      name = "${name}.service";
      relations = only relations unit;
      unit = only conditions (unit.unitConfig or { });
      # What guests' own units run is written down by guest.
      settings = lib.optionalAttrs (!(isGuests name)) (
        only [
          "Type"
          "RemainAfterExit"
          "User"
          "WorkingDirectory"
          "ExecStartPre"
          "ExecStart"
        ] (unit.serviceConfig or { })
      );
    };
  units = map unitOf (builtins.filter isAround (builtins.attrNames services));

  guestOf =
    name:
    let
      config = configOf name;
    in
    import ./declared.nix { inherit lib; } {
      inherit name config;
      hostCommands = hostCommandsOf name;
      policyOf =
        volume:
        policyOf {
          guest = name;
          inherit (volume) image;
          isOverlay = volume.mountPoint != null && volume.mountPoint == (config.microvm.writableStoreOverlay or null);
        };
    };

  # While one of these is not mounted, what lies at and below it is not what the guests have.
  mounts = builtins.filter (point: point != "/") (builtins.attrNames (config.fileSystems or { }));

  declared = {
    schema = 1;
    host = config.networking.hostName or null;
    inherit stateDir mounts units others;
    guests = map guestOf (builtins.attrNames vms);
  };
  declaredFile = pkgs.writeText "microvm-lens-declared.json" (builtins.toJSON declared);

  volumes = lib.concatMap (guest: map (volume: volume // { guest = guest.name; }) guest.volumes) declared.guests;
  policies = volumes ++ othersPolicies;
  grows = builtins.any (policy: policy.grow != null) policies;
  renews = builtins.any (policy: policy.renew != "never") policies;

  tools = lib.makeBinPath [
    pkgs.coreutils
    pkgs.e2fsprogs
    pkgs.xfsprogs
    pkgs.btrfs-progs
    pkgs.util-linux
  ];

  # Called with the guest's name. 1 stops the start; that something could not be found out (2) does not.
  startScript = pkgs.writeShellScript "microvm-lens-start" (
    ''
      export PATH=${tools}
      case "$1" in
        ${lib.concatStringsSep "|" (map lib.escapeShellArg (builtins.attrNames vms ++ [ "" ]))}) ;;
        *)
          own=${lib.escapeShellArg stateDir}/$1/current
          test -e "$own/bin/microvm-lens-guest" ||
            test -e "$own/share/microvm/system/etc/microvm-lens/guest.json" ||
            exit 0
          ;;
      esac
      run() {
        ${lens} "$@" --declared /etc/microvm-lens/declared.json
        test $? -ne 1
      }
    ''
    + lib.optionalString renews ''
      run image renew --starting --yes "$1" || exit 1
    ''
    + lib.optionalString grows ''
      run image grow --starting --yes "$1" || exit 1
    ''
    + lib.optionalString cfg.guard.enable ''
      run start-check "$1" || exit 1
    ''
    + ''
      exit 0
    ''
  );
  atStart = renews || grows || cfg.guard.enable;

  watchScript = pkgs.writeShellScript "microvm-lens-watch" ''
    ${lens} metrics --declared /etc/microvm-lens/declared.json \
      --history /var/lib/microvm-lens --scan /var/lib/microvm-lens/snapshot.json \
      --output ${lib.escapeShellArg (or' "/var/lib/microvm-lens/microvm.prom" cfg.watch.textfile)} \
      ${lib.escapeShellArgs (lib.concatMap (alert: [ "--alert" alert ]) cfg.watch.alerts)}
    code=$?
    test $code -eq 1 || exit $code
    ${lib.optionalString (cfg.watch.onAlert != null) ''
      ${pkgs.systemd}/bin/systemctl start --no-block ${lib.escapeShellArg cfg.watch.onAlert}
    ''}
    exit 0
  '';

  # Mount points under which people keep what they do not want to lose.
  holdsData =
    path:
    builtins.elem path [ "/" "/etc" "/home" "/root" "/srv" "/var" ]
    || builtins.any (each: lib.hasPrefix each path) [
      "/home/"
      "/persist"
      "/srv/"
      "/var/lib"
      "/data"
    ];
in
{
  options.services.microvm-lens = import ./options.nix { inherit lib; } {
    package = (packagesFor pkgs).microvm-lens;
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = config ? microvm && config.microvm ? vms;
            message = "services.microvm-lens needs microvm.nix's host module: imports = [ microvm.nixosModules.host ].";
          }
        ];
        warnings = map (
          volume:
          "services.microvm-lens recreates ${volume.image} of ${volume.guest} (renew = \"${volume.renew}\"): what is in ${volume.mountPoint} is lost each time."
        ) (builtins.filter (volume: volume.renew != "never" && volume.mountPoint != null && holdsData volume.mountPoint) volumes);

        environment.systemPackages = [ cfg.package ];
        environment.etc."microvm-lens/declared.json".source = declaredFile;
      }
      (lib.mkIf atStart {
        # By a name that stays: a unit whose text changes would have switches restart every guest.
        environment.etc."microvm-lens/start".source = startScript;
        systemd.services."microvm@".serviceConfig = {
          # Not ExecStartPre: with Restart=always its failure is tried again every few seconds.
          ExecCondition = [ "+/etc/microvm-lens/start %i" ];
        }
        // lib.optionalAttrs grows {
          # A large copy takes longer than a start; TimeoutSec of microvm.nix stays for stopping.
          TimeoutStartSec = "infinity";
        };
      })
      (lib.mkIf cfg.watch.enable {
        systemd.services.microvm-lens-watch = {
          description = "Look at the images of the microVMs";
          startAt = cfg.watch.interval;
          serviceConfig = {
            Type = "oneshot";
            ExecStart = "${watchScript}";
            StateDirectory = "microvm-lens";
            ProtectSystem = "strict";
            ReadWritePaths = lib.optional (cfg.watch.textfile != null) (builtins.dirOf cfg.watch.textfile);
            ProtectHome = "read-only";
            PrivateTmp = true;
            PrivateNetwork = true;
            NoNewPrivileges = true;
            ProtectKernelModules = true;
            ProtectKernelTunables = true;
            RestrictSUIDSGID = true;
          };
        };
      })
      (lib.mkIf cfg.prune.enable {
        systemd.services.microvm-lens-prune = {
          description = "Remove what operations on images of microVMs left";
          startAt = cfg.prune.interval;
          # A clock that is wrong makes everything old.
          wants = [ "time-sync.target" ];
          after = [ "time-sync.target" ];
          serviceConfig = {
            Type = "oneshot";
            ExecStart = lib.escapeShellArgs (
              [
                lens
                "prune"
                "--declared"
                "/etc/microvm-lens/declared.json"
                "--keep-days"
                (toString cfg.keep.days)
                "--quarantine-days"
                (toString cfg.prune.quarantineDays)
              ]
              ++ lib.optionals (cfg.prune.unusedDays != null) [
                "--unused-days"
                (toString cfg.prune.unusedDays)
              ]
              ++ [ "--yes" ]
            );
            ProtectSystem = "full";
            ProtectHome = "read-only";
            PrivateTmp = true;
            PrivateNetwork = true;
            NoNewPrivileges = true;
            ProtectKernelModules = true;
            RestrictSUIDSGID = true;
          };
        };
      })
      (lib.mkIf cfg.gate.enable {
        # A fragment of one script: it must not end it where there is nothing to stop for.
        system.preSwitchChecks.microvm-lens = ''
          code=0
          ${lens} plan --declared ${declaredFile} --fail-on-broken || code=$?
          if [ "$code" -eq 1 ]; then
            echo "services.microvm-lens: this system would break a volume of a guest (see above); NIXOS_NO_CHECK=1 switches all the same." >&2
            exit 1
          fi
        '';
      })
    ]
  );
}
