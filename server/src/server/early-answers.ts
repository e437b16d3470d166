import type { HoverParams, Message } from "vscode-languageserver";
import type { EngineAttendant } from "../engine/engine.ts";
import type { MessageInput } from "./message-input.ts";

/** A hover waits so long, in milliseconds, for what is being made; longer while nothing is known at all. */
const patience = { usual: 40, first: 150 };

/** Answers what it can without waiting; undefined: nothing yet. `isFirst`: nothing has been evaluated so far. */
export type AnswerEarly = (params: HoverParams) => { readonly result: unknown; readonly isFirst: boolean } | undefined;

/**
 * Answers hovers in time, whatever holds the thread. Messages pass by here on their way in and answers on their way out:
 * what was answered early is not answered a second time. While evaluation is running it reads what has come, and has it
 * broken off when that changes what is evaluated.
 */
export class EarlyAnswers implements EngineAttendant {
  readonly #input: Pick<MessageInput, "poll" | "ended">;
  readonly #waiting = new Map<number | string, { readonly params: HoverParams; readonly since: number }>();
  readonly #answered = new Set<number | string>();
  /** Messages that change something: those that have come, and those that have reached whoever they are for. */
  #changesCome = 0;
  #changesHandled = 0;
  #answer: AnswerEarly = () => undefined;
  #write: (message: Message) => void = () => {};

  constructor(input: Pick<MessageInput, "poll" | "ended">) {
    this.#input = input;
  }

  /** How answers are made and sent. */
  use(answer: AnswerEarly): void {
    this.#answer = answer;
  }

  sendBy(write: (message: Message) => void): void {
    this.#write = write;
  }

  look(): boolean {
    this.#input.poll();
    this.#answerDue();
    return this.#input.ended || this.#changesCome > this.#changesHandled;
  }

  async settled(): Promise<void> {
    do await new Promise((done) => setImmediate(done));
    while (this.#changesCome > this.#changesHandled || this.#input.ended);
  }

  /** A message has come. */
  came(message: Message): void {
    const { id, method, params } = message as { id?: number | string; method?: string; params?: unknown };
    if (method === undefined) return;
    if (isChange(method)) this.#changesCome++;
    else if (method === "textDocument/hover" && id !== undefined) {
      this.#waiting.set(id, { params: params as HoverParams, since: performance.now() });
      setTimeout(() => this.#answerDue(), patience.usual + 1).unref();
    }
  }

  /** A message has reached whoever it is for. */
  handled(message: Message): void {
    const { method } = message as { method?: string };
    if (method !== undefined && isChange(method)) this.#changesHandled++;
  }

  /** An answer is about to be sent; false: it was given already. */
  mayAnswer(message: Message): boolean {
    const { id, method } = message as { id?: number | string; method?: string };
    if (method !== undefined || id === undefined) return true;
    this.#waiting.delete(id);
    return !this.#answered.delete(id);
  }

  #answerDue(): void {
    if (this.#waiting.size === 0) return;
    const now = performance.now();
    for (const [id, { params, since }] of this.#waiting) {
      if (now - since < patience.usual) continue;
      const answer = this.#answer(params);
      if (!answer || (answer.isFirst && now - since < patience.first)) continue;
      this.#waiting.delete(id);
      this.#answered.add(id);
      this.#write({ jsonrpc: "2.0", id, result: answer.result } as Message);
    }
  }
}

/** Whether what is evaluated, or that it is, may be another thing afterwards. */
function isChange(method: string): boolean {
  return /^(textDocument\/did|workspace\/did|shutdown$|exit$|microvm-lens\/(refresh|trusted)$)/.test(method);
}
