import type { Node as Native } from "web-tree-sitter";
import { reasons } from "../reasons.ts";
import { heredocText, patternsOf } from "./heredoc.ts";
import type { Branch, CaseItem, Node, Statement, Word } from "./tree.ts";
import { type Inner, Lexer } from "./words.ts";

/**
 * tree-sitter's tree as ours. It gives the structure of statements; words and redirections are read from the text, as bash
 * reads them. Where the two disagree, or the tree has an error, the rest of the sequence is unclear.
 */
export function lower(root: Native, text: string): Node {
  return new Lowering(text, substitutionsOf(root)).sequence(root, root.children as Native[]);
}

/** Substitutions by where they begin. */
function substitutionsOf(root: Native): Map<number, Native> {
  const kinds = ["command_substitution", "process_substitution"];
  return new Map(root.descendantsOfType(kinds).map((node) => [(node as Native).startIndex, node as Native]));
}

class Lowering {
  readonly #text: string;
  readonly #substitutions: ReadonlyMap<number, Native>;

  constructor(text: string, substitutions: ReadonlyMap<number, Native>) {
    this.#text = text;
    this.#substitutions = substitutions;
  }

  readonly #inner: Inner = (start) => {
    const node = this.#substitutions.get(start);
    if (!node) return null;
    const source = this.#text.slice(node.startIndex, node.endIndex);
    // Within backticks a backslash has a meaning of its own; `$(<f)` is a form of its own.
    if (source.startsWith("`") && source.includes("\\")) return null;
    return { end: node.endIndex, body: this.sequence(node, (node.children as Native[]).slice(1, -1)) };
  };

  /** The statements among these children; one that is followed by `&` runs in the background. */
  sequence(place: Native, children: readonly Native[]): Node {
    const items: Node[] = [];
    for (const child of children) {
      if (child.isError || child.isMissing || child.hasError) {
        items.push(unclear(child));
        break;
      }
      if (child.type === "comment" || child.type === ";" || child.type === "\n" || child.type === ";;") continue;
      const last = items.at(-1);
      if (child.type === "&" && last) {
        // Only the last of `a; b &` is in the background, but all of `a && b &`.
        items[items.length - 1] = { is: "background", body: last, start: last.start, end: child.endIndex };
      } else if (child.type === "file_redirect" || child.type === "herestring_redirect") {
        items.push(this.#simple(child, child.startIndex, child.endIndex, null));
      } else items.push(child.isNamed ? this.#statement(child) : unclear(child));
    }
    if (items.length === 1) return items[0] as Node;
    return { is: "sequence", items, start: place.startIndex, end: place.endIndex };
  }

  #statement(node: Native): Node {
    const make = (statement: Statement): Node => ({ ...statement, start: node.startIndex, end: node.endIndex });
    const named = () => (node.namedChildren as Native[]).filter((child) => child.type !== "comment");
    switch (node.type) {
      case "command":
      case "declaration_command":
      case "unset_command":
      case "variable_assignment":
      case "variable_assignments":
        return this.#simple(node, node.startIndex, node.endIndex, null);
      case "redirected_statement":
        return this.#redirected(node);
      case "list":
        return this.#list(node);
      case "pipeline":
        return this.#pipeline(node);
      case "negated_command": {
        const [body, more] = named();
        return body && !more ? make({ is: "not", body: this.#statement(body) }) : unclear(node);
      }
      case "test_command":
        return this.#test(node);
      case "compound_statement":
        return this.#compound(node);
      case "subshell":
        return make({ is: "subshell", body: this.sequence(node, (node.children as Native[]).slice(1, -1)) });
      case "if_statement":
        return this.#if(node);
      case "while_statement":
        return this.#while(node);
      case "for_statement":
        return this.#for(node);
      case "c_style_for_statement":
        return this.#count(node);
      case "case_statement":
        return this.#case(node);
      case "function_definition":
        return this.#function(node);
      default:
        return unclear(node);
    }
  }

  /** A simple command: all of its text is read by our own lexer. */
  #simple(node: Native, start: number, end: number, heredoc: Word | null): Node {
    const read = new Lexer(this.#text, { start, end }, this.#inner).command(heredoc);
    if (read.end < end && /[^\s;]/.test(this.#text.slice(read.end, end)) && !heredoc) return unclear(node);
    return { is: "command", words: read.words, redirects: read.redirects, start, end };
  }

  #redirected(node: Native): Node {
    const children = (node.children as Native[]).filter((child) => child.type !== "comment");
    const [body] = children;
    if (!body) return unclear(node);
    const heredocs = children.filter((child) => child.type === "heredoc_redirect");
    if (heredocs.length > 1 || children.slice(1).some((child) => !child.type.endsWith("_redirect")))
      return unclear(node);
    const [heredoc] = heredocs;
    const redirect = body.type.endsWith("_redirect");
    const simple = redirect || /^(command|declaration_command|variable_assignment|unset_command)$/.test(body.type);
    if (heredoc) return this.#heredoc(node, body, heredoc, simple);
    if (simple) return this.#simple(node, node.startIndex, node.endIndex, null);
    return this.#redirectLast(node, body);
  }

  /** In the grammar a redirection may belong to a whole list or pipeline; in bash it belongs to the last command in it. */
  #redirectLast(node: Native, body: Native): Node {
    if (body.type === "list" || body.type === "pipeline" || body.type === "negated_command") {
      const last = (body.namedChildren as Native[]).at(-1) as Native;
      const changed = this.#redirectTail(last, node.endIndex);
      return this.#statementWith(body, changed, node.endIndex);
    }
    return this.#wrap(node, body, node.endIndex);
  }

  #redirectTail(last: Native, end: number): Node {
    if (last.type === "list" || last.type === "pipeline" || last.type === "negated_command") {
      const inner = (last.namedChildren as Native[]).at(-1) as Native;
      return this.#statementWith(last, this.#redirectTail(inner, end), end);
    }
    if (/^(command|declaration_command|variable_assignment|unset_command)$/.test(last.type)) {
      return this.#simple(last, last.startIndex, end, null);
    }
    return this.#wrap(last, last, end);
  }

  /** A list, pipeline or negation with another last part. */
  #statementWith(node: Native, last: Node, end: number): Node {
    const replaced = { id: (node.namedChildren as Native[]).at(-1)?.id, by: last };
    const made =
      node.type === "list"
        ? this.#list(node, replaced)
        : node.type === "pipeline"
          ? this.#pipeline(node, replaced)
          : null;
    return { ...(made ?? { is: "not", body: last, start: node.startIndex }), end } as Node;
  }

  /** A compound command with the redirections that stand between its end and `end`. */
  #wrap(node: Native, body: Native, end: number): Node {
    const read = new Lexer(this.#text, { start: body.endIndex, end }, this.#inner).command(null);
    if (read.words.length > 0 || /[^\s;]/.test(this.#text.slice(read.end, end))) return unclear(node);
    return { is: "redirected", body: this.#statement(body), redirects: read.redirects, start: node.startIndex, end };
  }

  #heredoc(node: Native, body: Native, heredoc: Native, simple: boolean): Node {
    const parts = heredoc.children as Native[];
    const start = parts.find((child) => child.type === "heredoc_start");
    const end = parts.find((child) => child.type === "heredoc_end");
    if (!start || !end) return unclear(node);
    const line = this.#text.indexOf("\n", start.endIndex);
    const content = this.#text.lastIndexOf("\n", end.startIndex) + 1;
    const last = this.#text.indexOf("\n", content);
    const closing = this.#text.slice(content, last < 0 ? this.#text.length : last).replace(/^\t+/, "");
    const delimiter = this.#text.slice(start.startIndex, start.endIndex).replace(/['"\\]/g, "");
    // The grammar ends a heredoc at the delimiter, bash at a line that is nothing else.
    if (line < 0 || content <= line || closing !== delimiter) return unclear(node);
    const text = heredocText(this.#text, start, line + 1, content, this.#inner);
    if (!text) return unclear(node);
    const rest = parts.filter(
      (child) => child.isNamed && child.startIndex > start.startIndex && child.startIndex < line,
    );
    const after = rest.find(
      (child) => !/_redirect$|^(heredoc_.*|word|string|raw_string|concatenation|number)$/.test(child.type),
    );
    const until = after ? this.#operatorBefore(parts, after) : line;
    let first: Node;
    if (simple) first = this.#simple(node, node.startIndex, until, text);
    else {
      const read = new Lexer(this.#text, { start: body.endIndex, end: until }, this.#inner).command(text);
      if (read.words.length > 0) return unclear(node);
      first = {
        is: "redirected",
        body: this.#statement(body),
        redirects: read.redirects,
        start: node.startIndex,
        end: until,
      };
    }
    if (first.is === "unclear") return first;
    if (!after) return first;
    if (after.type === "pipeline") return this.#piped(first, this.#pipeline(after));
    const operator = this.#text.slice(until, after.startIndex).trim();
    if (operator !== "&&" && operator !== "||") return unclear(node);
    return this.#beside(operator === "&&" ? "and" : "or", first, this.#statement(after));
  }

  #operatorBefore(parts: readonly Native[], after: Native): number {
    const at = parts.findIndex((child) => child.id === after.id);
    const before = parts[at - 1];
    return before && !before.isNamed ? before.startIndex : after.startIndex;
  }

  /** `a <<E | b && c` is `(a | b) && c`. */
  #piped(first: Node, rest: Node): Node {
    if (rest.is === "and" || rest.is === "or")
      return { ...rest, left: this.#piped(first, rest.left), start: first.start };
    const parts = rest.is === "pipeline" ? [first, ...rest.parts] : [first, rest];
    return { is: "pipeline", parts, start: first.start, end: rest.end };
  }

  #beside(is: "and" | "or", first: Node, rest: Node): Node {
    if (rest.is === "and" || rest.is === "or") {
      return { ...rest, left: this.#beside(is, first, rest.left), start: first.start };
    }
    return { is, left: first, right: rest, start: first.start, end: rest.end };
  }

  #list(node: Native, replaced?: Replaced): Node {
    const [left, operator, right, more] = (node.children as Native[]).filter((child) => child.type !== "comment");
    if (!left || !operator || !right || more) return unclear(node);
    if (operator.type !== "&&" && operator.type !== "||") return unclear(node);
    const is = operator.type === "&&" ? "and" : "or";
    const last = replaced?.id === right.id ? replaced.by : this.#statement(right);
    return { is, left: this.#statement(left), right: last, start: node.startIndex, end: node.endIndex };
  }

  #pipeline(node: Native, replaced?: Replaced): Node {
    const children = (node.children as Native[]).filter((child) => child.type !== "comment");
    if (children.some((child) => !child.isNamed && child.type !== "|" && child.type !== "|&")) return unclear(node);
    const named = children.filter((child) => child.isNamed);
    const first = named[0] as Native;
    // `! a | b` negates all of it; the grammar says it of the first command only.
    const negated = first.type === "negated_command";
    let parts = named.map((child) => (child.id === replaced?.id ? replaced.by : this.#statement(child)));
    if (parts.slice(1).some((part) => part.is === "not" || part.is === "and" || part.is === "or")) {
      // Behind a heredoc: `| b && c`.
      const rest = parts.at(-1) as Node;
      if (parts.length > 1 || rest.is === "not") return unclear(node);
      return rest;
    }
    const head = parts[0] as Node;
    if (negated && head.is === "not") parts = [head.body, ...parts.slice(1)];
    const place = { start: node.startIndex, end: node.endIndex };
    const pipeline: Node = parts.length === 1 ? (parts[0] as Node) : { is: "pipeline", parts, ...place };
    return negated ? { is: "not", body: pipeline, ...place } : pipeline;
  }

  /** `[ … ]` is a command like any other; `[[ … ]]` has a grammar of its own. */
  #test(node: Native): Node {
    const source = this.#text.slice(node.startIndex, node.endIndex);
    if (source.startsWith("[[")) {
      if (!source.endsWith("]]")) return unclear(node);
      const place = { start: node.startIndex + 2, end: node.endIndex - 2 };
      const read = new Lexer(this.#text, place, this.#inner).test();
      if (read.end < place.end) return unclear(node);
      return { is: "test", words: read.words, start: node.startIndex, end: node.endIndex };
    }
    if (source.startsWith("((")) return unclear(node);
    return this.#simple(node, node.startIndex, node.endIndex, null);
  }

  #compound(node: Native): Node {
    const place = { start: node.startIndex, end: node.endIndex };
    const source = this.#text.slice(place.start, place.end);
    if (source.startsWith("((")) {
      if (!source.endsWith("))")) return unclear(node);
      return { is: "arithmetic", expression: this.#arithmetic(place.start + 2, place.end - 2), ...place };
    }
    const inside = (node.children as Native[]).slice(1, -1);
    return { is: "group", body: this.sequence(node, inside), ...place };
  }

  #arithmetic(start: number, end: number): Word {
    return new Lexer(this.#text, { start, end }, this.#inner).whole("quoted");
  }

  /** The statements between two keywords, by position. */
  #between(node: Native, from: string, to: readonly string[]): Node | null {
    const children = node.children as Native[];
    const start = from === "" ? -1 : children.findIndex((child) => child.type === from);
    const end = children.findIndex((child, at) => at > start && to.includes(child.type));
    const inside = children.slice(start + 1, end < 0 ? children.length : end);
    return start < 0 && from !== "" ? null : this.sequence(node, inside);
  }

  #if(node: Native): Node {
    const clauses = (node.namedChildren as Native[]).filter((child) => child.type === "elif_clause");
    const branches: Branch[] = [];
    for (const each of [node, ...clauses]) {
      const keyword = each === node ? "if" : "elif";
      const test = this.#between(each, keyword, ["then"]);
      const body = this.#between(each, "then", ["elif_clause", "else_clause", "fi"]);
      if (!test || !body) return unclear(node);
      branches.push({ test, body });
    }
    const last = (node.namedChildren as Native[]).find((child) => child.type === "else_clause");
    const otherwise = last ? this.#between(last, "else", []) : null;
    return { is: "if", branches, otherwise, start: node.startIndex, end: node.endIndex };
  }

  #body(node: Native): Node | null {
    const body = node.childForFieldName("body") as Native | null;
    if (!body) return null;
    return body.type === "do_group" ? this.#between(body, "do", ["done"]) : this.#statement(body);
  }

  #while(node: Native): Node {
    const until = this.#text.startsWith("until", node.startIndex);
    const test = this.#between(node, until ? "until" : "while", ["do_group"]);
    const body = this.#body(node);
    if (!test || !body) return unclear(node);
    return { is: "while", until, test, body, start: node.startIndex, end: node.endIndex };
  }

  #for(node: Native): Node {
    const name = node.childForFieldName("variable") as Native | null;
    const body = this.#body(node);
    const group = node.childForFieldName("body") as Native | null;
    if (!name || !body || !group || !this.#text.startsWith("for", node.startIndex)) return unclear(node);
    const place = { start: node.startIndex, end: node.endIndex };
    const into = (node.children as Native[]).find((child) => child.type === "in");
    if (!into) return { is: "for", name: name.text, words: null, body, ...place };
    const read = new Lexer(this.#text, { start: into.endIndex, end: group.startIndex }, this.#inner).command(null);
    if (read.redirects.length > 0 || /[^\s;]/.test(this.#text.slice(read.end, group.startIndex))) return unclear(node);
    return { is: "for", name: name.text, words: read.words, body, ...place };
  }

  #count(node: Native): Node {
    const body = this.#body(node);
    const head = /^for\s*\(\(([^;]*);([^;]*);([^;]*?)\)\)[\s;]*$/.exec(
      this.#text.slice(
        node.startIndex,
        (node.childForFieldName("body") as Native | null)?.startIndex ?? node.startIndex,
      ),
    );
    if (!body || !head) return unclear(node);
    let at = this.#text.indexOf("((", node.startIndex) + 2;
    const [first, test, next] = head.slice(1).map((part) => {
      const word = this.#arithmetic(at, at + part.length);
      at += part.length + 1;
      return word;
    }) as [Word, Word, Word];
    return { is: "count", first, test, next, body, start: node.startIndex, end: node.endIndex };
  }

  #case(node: Native): Node {
    const into = (node.children as Native[]).find((child) => child.type === "in");
    if (!into) return unclear(node);
    const start = node.startIndex + "case".length;
    const subject = new Lexer(this.#text, { start, end: into.startIndex }, this.#inner).command(null);
    if (subject.words.length !== 1) return unclear(node);
    const items: CaseItem[] = [];
    for (const child of node.namedChildren as Native[]) {
      if (child.type !== "case_item") continue;
      const close = (child.children as Native[]).find((part) => part.type === ")");
      if (!close) return unclear(node);
      const patterns = patternsOf(this.#text, child.startIndex, close.startIndex, this.#inner);
      if (!patterns) return unclear(node);
      const rest = (child.children as Native[]).filter((part) => part.startIndex >= close.endIndex);
      const end = rest.find((part) => part.type === ";&" || part.type === ";;&");
      const body = this.sequence(
        child,
        rest.filter((part) => part !== end),
      );
      items.push({ patterns, body, end: end?.type ?? ";;" });
    }
    return { is: "case", subject: subject.words[0] as Word, items, start: node.startIndex, end: node.endIndex };
  }

  #function(node: Native): Node {
    const name = node.childForFieldName("name") as Native | null;
    const body = node.childForFieldName("body") as Native | null;
    if (!name || !body) return unclear(node);
    const redirected = body.endIndex < node.endIndex;
    const statement = redirected ? this.#wrap(node, body, node.endIndex) : this.#statement(body);
    return { is: "function", name: name.text, body: statement, start: node.startIndex, end: node.endIndex };
  }
}

interface Replaced {
  readonly id: number | undefined;
  readonly by: Node;
}

function unclear(node: Native): Node {
  return { is: "unclear", why: reasons.syntax(), start: node.startIndex, end: node.endIndex };
}
