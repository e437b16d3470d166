import { digestOfList } from "./digest.ts";
import type { Question } from "./session.ts";

/** Answers that the client keeps and shows until it asks again. */
const kinds = ["diagnostics", "inlayHints", "codeLenses"] as const;
export type Kept = (typeof kinds)[number];

/**
 * What the client was told last about each document. It is asked to ask again only when it would be told something
 * else: comparing with what we ourselves thought of last would miss what the client asked for in between.
 */
export class Told {
  readonly #answers = new Map<
    string,
    {
      readonly digest: string;
      readonly again: (question: Question) => readonly object[];
      /** What it was asked to ask for: it may not look at that document at present, and is not pestered about it. */
      asked: string | null;
    }
  >();

  /** Takes down an answer, and how the same question is answered later. */
  tell<T extends readonly object[]>(
    kind: Kept,
    question: Question,
    again: (question: Question) => T,
  ): { answer: T; digest: string } {
    const answer = again(question);
    const told = { digest: digestOfList(answer), again, asked: null };
    this.#answers.set(`${kind} ${question.path}`, told);
    return { answer, digest: told.digest };
  }

  /**
   * True when the client was told something else, once for each new answer. False when it never asked: it will ask by
   * itself.
   */
  isOutdated(kind: Kept, question: Question): boolean {
    const told = this.#answers.get(`${kind} ${question.path}`);
    if (told === undefined) return false;
    const digest = digestOfList(told.again(question));
    if (digest === told.digest || digest === told.asked) return false;
    told.asked = digest;
    return true;
  }

  /** The document is closed. */
  forget(path: string): void {
    for (const kind of kinds) this.#answers.delete(`${kind} ${path}`);
  }
}
