import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { fails, string, unknown, unsupported } from "../make.ts";
import { selectAttribute, selectOr } from "../ops.ts";
import type { Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { absolutePath } from "./files.ts";
import { builtin, expect, expectText, madeBy } from "./kit.ts";

const stringShape = { type: "string" } as const;
const lengths: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

/** Builtins that compute or convert hashes. */
export const hashBuiltins: readonly Definition[] = [
  builtin("hashString", "type s", "string -> string -> string", (call, type, s) =>
    algorithm(call, type, (name) =>
      expectText(call, s, "hashString", (text) => string(hashText(name, text), madeBy(call)), stringShape),
    ),
  ),
  builtin("hashFile", "type p", "string -> path -> string", (call, type, p) =>
    algorithm(call, type, (name) =>
      absolutePath(
        call,
        p,
        "hashFile",
        (path) => {
          const text = call.evaluator.files.text(path);
          if (text.ok) return string(hashText(name, text.value), madeBy(call));
          return unknown({ reason: "unreadable-file", path, problem: text.problem }, call.at, stringShape);
        },
        stringShape,
      ),
    ),
  ),
  builtin("convertHash", "args", "{ hash, hashAlgo, toHashFormat } -> string", (call, args) =>
    expect(
      call,
      args,
      "attrs",
      "convertHash",
      (set) =>
        expectText(call, selectAttribute(set, "hash", call.at), "convertHash", (hash) =>
          expectText(call, selectAttribute(set, "toHashFormat", call.at), "convertHash", (format) =>
            expectText(
              call,
              selectOr(set, "hashAlgo", () => string(""), call.at),
              "convertHash",
              (name) => convert(call, hash, name, format),
            ),
          ),
        ),
      stringShape,
    ),
  ),
];

/** The digest of the UTF-8 text, in hexadecimal digits. */
export function hashText(algorithmName: string, text: string): string {
  return createHash(algorithmName).update(text, "utf8").digest("hex");
}

function algorithm(call: Call, type: Parameters<typeof expectText>[1], use: (name: string) => Value): Value {
  return expectText(
    call,
    type,
    "hash",
    (name) => {
      if (name in lengths) return use(name);
      return name === "blake3"
        ? unsupported("blake3", call.at, stringShape)
        : fails(`unknown hash algorithm '${name}'`, call.at);
    },
    stringShape,
  );
}

function convert(call: Call, hash: string, name: string, format: string): Value {
  const sri = /^(md5|sha1|sha256|sha512)-(.*)$/s.exec(hash);
  const prefixed = /^(md5|sha1|sha256|sha512):(.*)$/s.exec(hash);
  const algorithmName = sri?.[1] ?? prefixed?.[1] ?? name;
  const length = lengths[algorithmName];
  if (length === undefined) return fails("hash without a known algorithm", call.at);
  if (name !== "" && name !== algorithmName) return fails(`hash '${hash}' should have type '${name}'`, call.at);
  const bytes = decode(sri?.[2] ?? prefixed?.[2] ?? hash, length, sri !== null);
  if (!bytes) return fails(`hash '${hash}' has wrong length`, call.at);
  switch (format) {
    case "base16":
      return string(bytes.toString("hex"), madeBy(call));
    case "base64":
      return string(bytes.toString("base64"), madeBy(call));
    case "sri":
      return string(`${algorithmName}-${bytes.toString("base64")}`, madeBy(call));
    case "nix32":
    case "base32":
      return string(encode32(bytes), madeBy(call));
    default:
      return fails(`unknown hash format '${format}'`, call.at);
  }
}

const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

function decode(text: string, length: number, onlyBase64: boolean): Buffer | null {
  if (!onlyBase64 && text.length === length * 2 && /^[0-9a-fA-F]*$/.test(text)) return Buffer.from(text, "hex");
  if (!onlyBase64 && text.length === Math.ceil((length * 8) / 5)) return decode32(text, length);
  const bytes = Buffer.from(text, "base64");
  return bytes.length === length && bytes.toString("base64") === text ? bytes : null;
}

/** Nix's own base 32: least significant digit last, five bits at a time from the end. */
function encode32(bytes: Buffer): string {
  let text = "";
  for (let n = Math.ceil((bytes.length * 8) / 5) - 1; n >= 0; n--) {
    const bit = n * 5;
    const index = bit >> 3;
    const pair = (bytes[index] as number) | ((bytes[index + 1] ?? 0) << 8);
    text += alphabet[(pair >> (bit & 7)) & 31];
  }
  return text;
}

function decode32(text: string, length: number): Buffer | null {
  const bytes = Buffer.alloc(length + 1);
  for (let n = 0; n < text.length; n++) {
    const digit = alphabet.indexOf(text[text.length - n - 1] as string);
    if (digit < 0) return null;
    const bit = n * 5;
    const index = bit >> 3;
    const pair = digit << (bit & 7);
    bytes[index] = (bytes[index] as number) | (pair & 255);
    bytes[index + 1] = (bytes[index + 1] as number) | (pair >> 8);
  }
  return bytes[length] === 0 ? bytes.subarray(0, length) : null;
}
