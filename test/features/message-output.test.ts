import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { type Message, StreamMessageReader } from "vscode-languageserver/node";
import { digestOfList, jsonOfList } from "../../server/src/features/session/digest.ts";
import { knowJson, MessageOutput } from "../../server/src/server/message-output.ts";

describe("messages to the client", () => {
  test("are written at once, in one piece and in order, and read as what they are", async () => {
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    const output = new MessageOutput(stream);
    const messages = [
      { jsonrpc: "2.0", id: 1, result: { text: "größer als 😀\r\n" } },
      { jsonrpc: "2.0", method: "a", params: {} },
      { jsonrpc: "2.0", id: "x", result: null },
    ];
    await Promise.all(messages.map((message) => output.write(message as Message)));
    expect(chunks.length).toBe(messages.length);
    expect(await readAll(Buffer.concat(chunks), messages.length)).toEqual(messages);
  });

  test("use the JSON that is there", async () => {
    const stream = new PassThrough();
    const answer = { items: [{ a: "ü" }, { b: [1, null] }] };
    knowJson(answer, () => `{"items":${jsonOfList(answer.items)}}`);
    const message = { jsonrpc: "2.0", id: 7, result: answer };
    void new MessageOutput(stream).write(message as Message);
    const written = stream.read() as Buffer;
    expect(written.toString()).toContain(JSON.stringify(message));
    expect(await readAll(written, 1)).toEqual([message]);
  });

  test("that cannot be written are told of", async () => {
    const stream = new PassThrough();
    const output = new MessageOutput(stream);
    const errors: string[] = [];
    output.onError(([error]) => errors.push(error.message));
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(output.write({ jsonrpc: "2.0", result: circular } as Message)).rejects.toThrow("circular");
    stream.destroy();
    await expect(output.write({ jsonrpc: "2.0" } as Message)).rejects.toThrow();
    expect(errors.length).toBe(2);
  });
});

test("the name of a list says whether its JSON is the same", () => {
  const list = () => [{ a: 1 }, { b: "2" }];
  expect(digestOfList(list())).toBe(digestOfList(list()));
  const others = [[], [{ a: 1 }], [{ b: "2" }, { a: 1 }], [{ a: 1 }, { b: 2 }], [{ a: 1 }, { b: "2" }, {}]];
  const names = new Set([list(), ...others].map(digestOfList));
  expect(names.size).toBe(others.length + 1);
  expect(jsonOfList(list())).toBe(JSON.stringify(list()));
});

async function readAll(bytes: Buffer, count: number): Promise<Message[]> {
  const stream = new PassThrough();
  const found: Message[] = [];
  const all = new Promise<void>((done) => {
    new StreamMessageReader(stream).listen((message) => {
      if (found.push(message) === count) done();
    });
  });
  stream.end(bytes);
  await all;
  return found;
}
