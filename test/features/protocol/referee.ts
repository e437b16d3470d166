import { problemOf } from "./quality.ts";
import { isRecord, mismatch, model } from "./validate.ts";

/** A message as it goes over the wire. */
export type Message = Readonly<Record<string, unknown>>;

/** Methods that are ours: the protocol knows nothing of them. */
const own = /^microvm-lens\//;

/**
 * Follows a session between a client and our server, and takes down every message of the server that is not as the
 * protocol says: answers of a wrong shape, answers to nothing or twice, requests that this client does not expect.
 */
export class Referee {
  readonly problems: string[] = [];
  /** How many messages of the server were judged. */
  judged = 0;
  readonly #asked = new Map<unknown, string>();
  readonly #requested = new Set<unknown>();
  #capabilities: unknown = {};

  fromClient(message: Message): void {
    const { id, method, params } = message;
    if (typeof method !== "string") {
      if (!this.#requested.delete(id)) this.problems.push(`the client answers what was not asked: ${id}`);
      return;
    }
    if (id !== undefined) this.#asked.set(id, method);
    if (method === "initialize") this.#capabilities = (params as { capabilities?: unknown }).capabilities;
  }

  fromServer(message: Message): void {
    this.judged++;
    const problem = this.#judge(message);
    if (problem !== null) this.problems.push(problem);
  }

  /** Methods of requests that were never answered. */
  unanswered(): string[] {
    return [...this.#asked.values()];
  }

  #judge(message: Message): string | null {
    const { id, method } = message;
    if (message["jsonrpc"] !== "2.0") return "a message without its version";
    if (typeof method !== "string") return this.#answer(message);
    if (id !== undefined) this.#requested.add(id);
    if (own.test(method)) return null;
    const type = model.params[method];
    if (type === undefined) return `a server does not send ${method}`;
    if (id !== undefined && !this.#can(model.capabilities[method])) return `this client does not expect ${method}`;
    const problem = mismatch(type, message["params"]);
    if (problem !== null) return `${method}: params${problem}`;
    return method === "client/registerCapability" ? this.#registration(message["params"]) : null;
  }

  #answer({ id, result, error }: Message): string | null {
    const method = this.#asked.get(id);
    if (method === undefined) return `an answer to nothing: ${id}`;
    this.#asked.delete(id);
    if (error !== undefined) {
      const fine = isRecord(error) && Number.isInteger(error["code"]) && typeof error["message"] === "string";
      return fine ? null : `${method}: an error without code and message`;
    }
    if (own.test(method)) return null;
    const type = model.results[method];
    if (type === undefined) return `an answer to ${method}, which is no request`;
    if (result === undefined) return `${method}: neither a result nor an error`;
    const problem = mismatch(type, result);
    return problem === null ? problemOf(method, result) : `${method}: result${problem}`;
  }

  #registration(params: unknown): string | null {
    for (const { method, registerOptions } of (
      params as { registrations: { method: string; registerOptions: unknown }[] }
    ).registrations) {
      const [capability, type] = model.registrations[method] ?? [];
      if (type === undefined) return `nobody registers ${method}`;
      if (!this.#can(`${capability}.dynamicRegistration`)) return `this client does not let ${method} be registered`;
      const problem = mismatch(type, registerOptions);
      if (problem !== null) return `registration of ${method}: options${problem}`;
    }
    return null;
  }

  #can(capability: string | undefined): boolean {
    let at: unknown = this.#capabilities;
    for (const part of capability?.split(".") ?? []) at = isRecord(at) ? at[part] : undefined;
    return at !== undefined && at !== false;
  }
}
