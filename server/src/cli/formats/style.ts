import type { Severity } from "../../rules/frame/rule.ts";

/** Paints text for a terminal, or leaves it as it is. */
export interface Style {
  severity(severity: Severity, text: string): string;
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
}

const codes: Record<Severity, string> = { error: "31", warning: "33", information: "36", hint: "2" };

const coloured: Style = {
  severity: (severity, text) => `\u001b[1;${codes[severity]}m${text}\u001b[0m`,
  bold: (text) => `\u001b[1m${text}\u001b[0m`,
  dim: (text) => `\u001b[2m${text}\u001b[0m`,
  accent: (text) => `\u001b[32m${text}\u001b[0m`,
};

const plain: Style = {
  severity: (_severity, text) => text,
  bold: (text) => text,
  dim: (text) => text,
  accent: (text) => text,
};

export function style(colour: boolean): Style {
  return colour ? coloured : plain;
}
