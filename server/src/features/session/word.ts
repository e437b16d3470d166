/** A word that goes on for longer, in UTF-16 units, is no name of anything: a file may be one word of a megabyte. */
const longest = 256;

/** Where the word begins and ends that an offset touches; `part` is what one character of a word may be. */
export function wordAround(
  text: string,
  offset: number,
  part: RegExp,
): { readonly start: number; readonly end: number } {
  const isPart = (at: number) => part.test(text[at] ?? "");
  let start = offset;
  let end = offset;
  while (start > 0 && offset - start < longest && isPart(start - 1)) start--;
  while (end < text.length && end - offset < longest && isPart(end)) end++;
  return { start, end };
}
