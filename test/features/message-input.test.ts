import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "vscode-languageserver";
import { MessageInput } from "../../server/src/server/message-input.ts";

const framed = (body: string, head = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`) => Buffer.from(head + body);

function read(bytes: Buffer, cuts: readonly number[]): { messages: unknown[]; problems: string[]; met: number } {
  const stream = new PassThrough();
  const input = new MessageInput(stream);
  const found = { messages: [] as unknown[], problems: [] as string[], met: 0 };
  input.onError((error) => found.problems.push(error.message));
  input.meet(() => found.met++);
  input.listen((message: Message) => found.messages.push(message));
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    stream.emit("data", bytes.subarray(from, cut));
    from = cut;
  }
  return found;
}

describe("messages of the client", () => {
  test("are read however they are cut", () => {
    const message = fc.record({ jsonrpc: fc.constant("2.0"), id: fc.nat(), params: fc.string({ unit: "binary" }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 }), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((each) => framed(JSON.stringify(each))));
        expect(read(bytes, cuts)).toEqual({ messages, problems: [], met: messages.length });
      }),
    );
  });

  test("may say more in their head, in any spelling", () => {
    const head = "content-type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH:  2\r\n\r\n";
    expect(read(framed("{}", head), []).messages).toEqual([{}]);
  });

  test("that make no sense are told of, and the next one is read", () => {
    const bytes = Buffer.concat([framed("{"), framed("", "Length: 2\r\n\r\n"), framed('{"id":1}')]);
    const { messages, problems } = read(bytes, [3, 20]);
    expect(messages).toEqual([{ id: 1 }]);
    expect(problems).toHaveLength(2);
    expect(problems[1]).toContain("Content-Length");
  });

  test("are not looked for where that would mean waiting", () => {
    const input = new MessageInput(new PassThrough(), true);
    input.poll();
    expect(input.ended).toBe(false);
  });
});
