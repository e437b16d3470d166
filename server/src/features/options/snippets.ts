import type { OptionFacts } from "../../microvm/options/option-facts.ts";

/** A whole element, as snippets of the protocol write it; indented with tabs, which editors turn into the user's. */
export const elements: Readonly<Record<string, { readonly label: string; readonly body: string }>> = {
  "microvm.volumes": {
    label: "volume",
    body: '{\n\timage = "${1:data}.img";\n\tmountPoint = "${2:/var/lib/data}";\n\tsize = ${3:2048};\n}',
  },
  "microvm.shares": {
    label: "share",
    body: '{\n\ttag = "${1:ro-store}";\n\tsource = "${2:/nix/store}";\n\tmountPoint = "${3:/nix/.ro-store}";\n\tproto = "${4|virtiofs,9p|}";\n}',
  },
  "microvm.interfaces": {
    label: "interface",
    body: '{\n\ttype = "${1|tap,user,macvtap,bridge|}";\n\tid = "${2:vm-web}";\n\tmac = "${3:02:00:00:00:00:01}";\n}',
  },
  "microvm.forwardPorts": {
    label: "forwarded port",
    body: "{\n\thost.port = ${1:2222};\n\tguest.port = ${2:22};\n}",
  },
};

/** A whole guest, below `microvm.vms`. */
export const guestBody =
  '${1:web}.config = {\n\tmicrovm = {\n\t\tvolumes = [\n\t\t\t{\n\t\t\t\timage = "${2:data}.img";\n\t\t\t\tmountPoint = "${3:/var/lib/data}";\n\t\t\t\tsize = ${4:2048};\n\t\t\t}\n\t\t];\n\t};\n\tsystem.stateVersion = "${5:26.05}";\n};';

/** The value that an option is given when its name is accepted: quotes and brackets by its type. */
export function valueSnippet(option: OptionFacts): string {
  const { name, type, values } = option;
  if (values) return `"\${1|${values.join(",")}|}"`;
  if (type === "boolean") return option.default === "true" ? "${1|false,true|}" : "${1|true,false|}";
  const element = elements[name];
  if (element) return `[\n\t${element.body.replaceAll("\n", "\n\t")}\n]`;
  if (/^(?:null or )?\(?list of \(?submodule/.test(type)) return "[\n\t{\n\t\t$1\n\t}\n]";
  if (/^list/.test(type)) return "[ $1 ]";
  if (/attribute set|submodule|Toplevel NixOS/.test(type)) return "{\n\t$1\n}";
  if (/strings concatenated/.test(type)) return "''\n\t$1\n''";
  if (/integer/.test(type))
    return `\${1:${/^\d+$/.test(option.default ?? "") ? option.default : (sizes[name] ?? "1")}}`;
  if (/string|path/.test(type)) return '"$1"';
  return "${1:null}";
}

const sizes: Readonly<Record<string, string>> = { "microvm.volumes.*.size": "2048" };

/** The text that is left when every placeholder is accepted as it is: for clients that know no snippets. */
export function withoutPlaceholders(snippet: string): string {
  return snippet
    .replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, "$1")
    .replace(/\$\{\d+:([^}]*)\}/g, "$1")
    .replace(/\$\{?\d+\}?/g, "")
    .replaceAll("\t", "  ");
}
