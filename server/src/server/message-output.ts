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
  readonly #isWanted: (message: Message) => boolean;
  #errors = 0;

  /** @param isWanted false for a message that is not to be sent any more. */
  constructor(stream: NodeJS.WritableStream, isWanted: (message: Message) => boolean = () => true) {
    super();
    this.#stream = stream;
    this.#isWanted = isWanted;
    stream.on("error", (error: Error) => this.fireError(error));
    stream.on("close", () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    if (this.#isWanted(message)) await this.send(message);
  }

  /** Sends a message in any case. */
  async send(message: Message): Promise<void> {
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
