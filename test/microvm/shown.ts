import type { Field } from "../../server/src/microvm/model.ts";
import type { Listed, Section, Texts, TmpfilesRule } from "../../server/src/microvm/start/start.ts";
import type { Script } from "../../server/src/shell/script.ts";

/** A script as a test writes it: holes in braces, with package and the text behind them. */
export function script(pieces: Script): string {
  return pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      const known = [
        piece.package,
        piece.suffix && piece.script && piece.suffix,
        piece.script && `<${script(piece.script)}>`,
      ];
      return `{${known.filter(Boolean).join(" ")}}`;
    })
    .join("");
}
export const text = (field: Field<Texts>): string =>
  field.state === "set" ? field.value.map(script).join(" | ") : `<${field.state}>`;
export const list = ({ items, open }: Listed<Field<Texts>>): string[] => [
  ...items.map(({ value, conditional }) => (conditional ? "? " : "") + text(value)),
  ...(open ? ["..."] : []),
];
export const section = ({ items }: Section) =>
  Object.fromEntries([...items].map(([name, { value }]) => [name, list(value)]));
export const rule = (field: Field<TmpfilesRule>) => {
  if (field.state !== "set") return `<${field.state}>`;
  const { type, modifiers, path, mode, user, group, age, argument } = field.value;
  return [type + modifiers, ...[path, mode, user, group, age, argument].map((one) => (one ? script(one) : "-"))].join(
    " ",
  );
};
