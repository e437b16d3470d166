import type { Connection } from "vscode-languageserver";

/** How long an answer of the client is waited for before it is done without, in milliseconds. */
const defaultLimitMs = 5_000;

/**
 * Everything that the server asks or tells the client of its own accord. A client may answer with an error, with
 * anything at all, late or never, and it may be gone: none of that is an error of ours, and nothing waits for it.
 */
export class ClientRequests {
  readonly #connection: Pick<Connection, "sendRequest" | "sendNotification">;
  readonly #limitMs: number;

  constructor(connection: Pick<Connection, "sendRequest" | "sendNotification">, limitMs = defaultLimitMs) {
    this.#connection = connection;
    this.#limitMs = limitMs;
  }

  /** Asks for something to be done; whether it was is not our business. */
  ask(method: string, params?: object): void {
    void this.#answer(method, params);
  }

  /** What the client answers; undefined for an error, and when the limit is over: then `late` hears of it. */
  async answer(method: string, params: object, late: (answer: unknown) => void): Promise<unknown> {
    const answered = this.#answer(method, params);
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const limit = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(undefined);
      }, this.#limitMs).unref();
    });
    void answered.then((answer) => {
      if (isLate && answer !== undefined) late(answer);
    });
    const first = await Promise.race([answered, limit]);
    clearTimeout(timer);
    return first;
  }

  notify(method: string, params: object): void {
    // Thrown at once where the connection is closed, rejected where the message cannot be written.
    try {
      void this.#connection.sendNotification(method, params).catch(() => undefined);
    } catch {
      return;
    }
  }

  #answer(method: string, params: object | undefined): Promise<unknown> {
    try {
      const sent: Promise<unknown> =
        params === undefined ? this.#connection.sendRequest(method) : this.#connection.sendRequest(method, params);
      return sent.catch(() => undefined);
    } catch {
      return Promise.resolve(undefined);
    }
  }
}
