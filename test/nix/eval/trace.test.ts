import { expect, it } from "vitest";
import { render } from "../../../server/src/base/text.ts";
import { traceText, traceUnknown } from "../../../server/src/nix/eval/trace.ts";
import { placeSpan } from "../../../server/src/nix/eval/value.ts";
import { evaluateText } from "../../harness/evaluate.ts";

const text = 'let cfg = { disk.size = outer; }; outer = builtins.getEnv "SIZE"; size = cfg.disk.size + 1; in size';

it("tells one step per binding, nearest first, in both languages", async () => {
  const { value } = await evaluateText(text);
  if (value.type !== "unknown") throw new Error("known");
  const line = traceText("guest", value);
  expect(render(line)).toBe(
    "guest ← size ← cfg.disk.size ← outer ← environment variable SIZE lies outside what is evaluated",
  );
  expect(render(line, "zh-cn")).toContain("不在求值范围内");
});

it("knows the place of every step", async () => {
  const { value } = await evaluateText(text);
  if (value.type !== "unknown") throw new Error("known");
  const places = traceUnknown(value).map(({ at }) => {
    const span = placeSpan(at);
    return span && text.slice(span.start, span.end);
  });
  expect(places).toEqual(["size", "cfg.disk.size", "outer", 'builtins.getEnv "SIZE"']);
});
