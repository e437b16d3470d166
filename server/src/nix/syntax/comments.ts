import type { Node, Root } from "./ast.ts";
import { childrenOf } from "./children.ts";
import type { Comment } from "./tree.ts";

const comment = /#[^\r\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g;

/** Every comment of the text, in order: marks of comments that do not stand in the text of a string or path. */
export function commentsOf(text: string, root: Root): Comment[] {
  const found: Comment[] = [];
  let at = 0;
  const scan = (end: number) => {
    if (end <= at) return;
    for (const match of text.slice(at, end).matchAll(comment)) {
      found.push({ start: at + match.index, end: at + match.index + match[0].length, text: match[0] });
    }
  };
  eachText(root, (start, end) => {
    scan(start);
    at = Math.max(at, end);
  });
  scan(text.length);
  return found;
}

/** Calls `take` with the place of every piece of text, in order. */
function eachText(root: Root, take: (start: number, end: number) => void): void {
  const open: { readonly node: Node; readonly start: number }[] = [{ node: root, start: 0 }];
  for (let top = open.pop(); top; top = open.pop()) {
    const { node, start } = top;
    if (node.kind === "text") take(start, start + node.length);
    else {
      const children = childrenOf(node);
      for (let i = children.length - 1; i >= 0; i--) {
        const child = children[i] as Node;
        open.push({ node: child, start: start + child.offset });
      }
    }
  }
}
