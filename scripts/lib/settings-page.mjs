// The page docs/settings.md (docs/zh-cn/settings.md): every setting of the extension, as package.json describes it.

const words = {
  en: {
    title: "# Settings",
    intro:
      "Each is written below `microvmLens.` in the settings of the editor, for the user, the workspace or one of its folders; other\neditors send the same names ([editors.md](editors.md)).",
    other: "[中文](zh-cn/settings.md)",
    type: "type",
    default: "default",
    scope: "where",
    values: "values",
    scopes: {
      resource: "user, workspace, folder",
      "machine-overridable": "machine, trusted workspace, folder",
      window: "user, workspace",
    },
    rules: "Every rule has one name here; its value is `off`, `hint`, `information`, `warning` or `error`:",
    rule: "rule",
    says: "what it says",
    example: "For example:",
    rulesFolder: "rules/",
  },
  "zh-cn": {
    title: "# 设置",
    intro:
      "均位于编辑器设置的 `microvmLens.` 之下，可用于用户、工作区或其中的文件夹；其他编辑器使用相同的名称（[editors.md](../editors.md)）。",
    other: "[English](../settings.md)",
    type: "类型",
    default: "默认值",
    scope: "范围",
    values: "取值",
    scopes: {
      resource: "用户、工作区、文件夹",
      "machine-overridable": "机器、受信任的工作区、文件夹",
      window: "用户、工作区",
    },
    rules: "每条规则在此有一个名称，其值为 `off`、`hint`、`information`、`warning` 或 `error`：",
    rule: "规则",
    says: "含义",
    example: "例如：",
    rulesFolder: "../rules/zh-cn/",
  },
};

const hostsExample = `\`\`\`json
"microvmLens.hosts": [
  { "name": "nuc", "via": { "ssh": "root@nuc.lan" } },
  { "name": "attic", "via": { "snapshot": "attic.json" } },
  { "name": "desk", "via": "local", "stateDir": "/srv/microvms" }
]
\`\`\``;

/** @param manifest package.json @param nls package.nls*.json of that language */
export function settingsPage(manifest, nls, locale) {
  const say = words[locale];
  const text = (value = "") => value.replace(/^%(.+)%$/, (_, key) => nls[key] ?? key).replace(/`#(.+?)#`/g, "`$1`");
  const parts = manifest.contributes.configuration.map(({ title, properties }) => {
    const settings = Object.entries(properties).map(([name, setting]) => settingPart(name, setting));
    return `## ${text(title)}\n\n${settings.join("\n\n")}`;
  });
  return `${say.title}\n\n<!-- Written by scripts/generate-docs.mjs from package.json. -->\n\n${say.intro}\n${say.other}\n\n${parts.join("\n\n")}\n`;

  function settingPart(name, setting) {
    const facts = [
      `${say.type}: ${setting.type}`,
      `${say.default}: \`${JSON.stringify(setting.default)}\``,
      `${say.scope}: ${say.scopes[setting.scope] ?? setting.scope}`,
    ];
    const lines = [`### ${name}`, text(setting.markdownDescription ?? setting.description), facts.join(" · ")];
    if (setting.enum)
      lines.push(
        setting.enum.map((value, at) => `- \`${value}\`${described(setting.enumDescriptions?.[at])}`).join("\n"),
      );
    if (name === "microvmLens.hosts") lines.push(fields(setting.items.properties), `${say.example}\n\n${hostsExample}`);
    if (name === "microvmLens.rules") lines.push(`${say.rules}\n\n${rulesTable(setting.properties)}`);
    return lines.join("\n\n");
  }

  function described(description) {
    return description ? `: ${text(description)}` : "";
  }

  function fields(properties) {
    return Object.entries(properties)
      .map(([name, { description }]) => `- \`${name}\`${described(description)}`)
      .join("\n");
  }

  function rulesTable(properties) {
    const rows = Object.entries(properties).map(
      ([rule, setting]) =>
        `| [${rule}](${say.rulesFolder}${rule}.md) | ${setting.default} | ${text(setting.description)} |`,
    );
    return [`| ${say.rule} | ${say.default} | ${say.says} |`, "|---|---|---|", ...rows].join("\n");
  }
}
