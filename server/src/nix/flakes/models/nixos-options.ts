import { attributes, nullValue, string } from "../../eval/make.ts";
import type { AttributesValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import { declared } from "../../modules/inputs.ts";
import { emptyList, listOf, nullOr } from "../../modules/types/containers.ts";
import { absolutePath, anyValue, mergeOne, str } from "../../modules/types/scalars.ts";
import type { OptionType } from "../../modules/types/type.ts";

/**
 * Where a service keeps what people put on a volume of its own: option, type and default, by file of
 * nixos/modules/services. Each was compared with the file of nixpkgs that is named.
 */
const dataFolders: readonly (readonly [
  service: string,
  option: string,
  type: OptionType,
  folder: string,
  file: string,
])[] = [
  ["caddy", "dataDir", absolutePath, "/var/lib/caddy", "web-servers/caddy/default.nix"],
  ["forgejo", "stateDir", str, "/var/lib/forgejo", "misc/forgejo.nix"],
  ["gitea", "stateDir", str, "/var/lib/gitea", "misc/gitea.nix"],
  ["grafana", "dataDir", absolutePath, "/var/lib/grafana", "monitoring/grafana.nix"],
  ["home-assistant", "configDir", absolutePath, "/var/lib/hass", "home-automation/home-assistant.nix"],
  ["immich", "mediaLocation", absolutePath, "/var/lib/immich", "web-apps/immich.nix"],
  ["nextcloud", "home", str, "/var/lib/nextcloud", "web-apps/nextcloud.nix"],
  ["paperless", "dataDir", str, "/var/lib/paperless", "misc/paperless.nix"],
  ["pocket-id", "dataDir", absolutePath, "/var/lib/pocket-id", "security/pocket-id.nix"],
];

/**
 * The few options of NixOS whose default reaches volumes. Everything else that nobody defines is unknown. Sources, in
 * nixpkgs: nixos/modules/tasks/network-interfaces.nix (hostName, domain), nixos/modules/misc/nixpkgs.nix (overlays),
 * nixos/modules/system/activation/top-level.nix (system.name), and the files named above.
 */
export function nixosOptions(option: (path: readonly string[]) => Value): AttributesValue {
  const systemName = delayed(null, () => {
    const hostName = option(["networking", "hostName"]);
    return hostName.type === "string" && hostName.value === "" ? string("unnamed") : hostName;
  });
  same ??= makeSame();
  return attributes([...same, ["system", delayed(null, () => attributes([["name", declared(str, systemName)]]))]]);
}

/** Those that are the same in every configuration, made once. */
let same: readonly (readonly [string, Thunk])[] | null = null;

function makeSame(): readonly (readonly [string, Thunk])[] {
  const services = dataFolders.map(
    ([service, name, type, folder]) => [service, attributes([[name, declared(type, string(folder))]])] as const,
  );
  const networking = attributes([
    ["hostName", declared(str, string("nixos"))],
    ["domain", declared(nullOr(str), nullValue())],
  ]);
  const overlays = declared(listOf(anyValue("overlay", mergeOne)), emptyList());
  return [
    ["networking", ready(networking)],
    ["nixpkgs", ready(attributes([["overlays", overlays]]))],
    ["services", ready(attributes(services))],
  ];
}
