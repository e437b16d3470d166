import { printable } from "../../base/printable.ts";
import { HistoryProblem } from "../../history/store.ts";
import { CannotDo } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { systemWords, writeWords } from "../frame/system-words.ts";

/** What is wrong with a history, in the words of the command line; any other error as it is. */
export function historyProblem(error: unknown): unknown {
  if (!(error instanceof HistoryProblem)) return error;
  const problem = error.doing === "write" ? writeWords(error.error) : systemWords(error.error);
  return new CannotDo(problems.at({ name: printable(error.file), problem }));
}
