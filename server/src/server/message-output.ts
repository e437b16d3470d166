import type { Message, MessageWriter } from "vscode-languageserver";
import { AbstractMessageWriter } from "vscode-languageserver/node";
import { attached } from "../base/attached.ts";

/** How the JSON of an answer is put together from what is there already. */
const jsons = attached<object, () => string>();

/** Says how an answer is written, so that nothing of it has to be put into JSON a second time. */
export function knowJson(answer: object, json: () => string): void {
  jsons.set(answer, json);
}

/**
 * Writes messages to a stream, each at once and in one piece. The library's own writer writes the header first, which wakes
 * the client up for nothing, and takes some turns of the event loop in between.
 */
export class MessageOutput extends AbstractMessageWriter implements MessageWriter {
  readonly #stream: NodeJS.WritableStream;
  #errors = 0;

  constructor(stream: NodeJS.WritableStream) {
    super();
    this.#stream = stream;
    stream.on("error", (error: Error) => this.fireError(error));
    stream.on("close", () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    try {
      const json = jsonOf(message);
      await new Promise<void>((resolve, reject) => {
        const text = `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
        this.#stream.write(text, "utf8", (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      this.fireError(error, message, ++this.#errors);
      throw error;
    }
  }

  end(): void {
    this.#stream.end();
  }
}

function jsonOf(message: Message): string {
  const { id, result } = message as { readonly id?: unknown; readonly result?: unknown };
  const json = typeof result === "object" && result !== null ? jsons.get(result) : undefined;
  if (json === undefined) return JSON.stringify(message);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json()}}`;
}
