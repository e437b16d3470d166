/** The languages in which every message exists. */
export const locales = ["en", "zh-cn"] as const;
export type Locale = (typeof locales)[number];

/** One message in every language; `{name}` stands for an argument. */
export type Template = Readonly<Record<Locale, string>>;

/** A message that is not yet in a language: faces call {@link render}. `id` is stable and unique. */
export interface Text {
  readonly id: string;
  readonly template: Template;
  readonly args: Readonly<Record<string, string | number | Text>>;
}

/** Declares the messages of one place, keyed by id: `<prefix>.<key>`. */
export function messages<const T extends Record<string, Template>>(
  prefix: string,
  table: T,
): { readonly [K in keyof T]: (args?: Text["args"]) => Text } {
  const made = {} as { [K in keyof T]: (args?: Text["args"]) => Text };
  for (const key of Object.keys(table) as (keyof T & string)[]) {
    const template = table[key] as Template;
    made[key] = (args = {}) => ({ id: `${prefix}.${key}`, template, args });
  }
  return made;
}

/** The text in one language. An argument that is missing stays visible as `{name}`: a test finds it. */
export function render(text: Text, locale: Locale = "en"): string {
  return text.template[locale].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = text.args[name];
    if (value === undefined) return whole;
    return typeof value === "object" ? render(value, locale) : String(value);
  });
}

/** Text that is the same in every language (names, paths, a foreign tool's words). */
export function verbatim(words: string): Text {
  return { id: "verbatim", template: { en: "{words}", "zh-cn": "{words}" }, args: { words } };
}
