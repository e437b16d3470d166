import { attached } from "../../base/attached.ts";
import type { Span } from "../../base/span.ts";
import type { HostFacts, ImageFacts, Observed } from "../../disk/facts.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import { type Difference, difference } from "../../nix/syntax/difference.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { unknownSuppression } from "../unknown-suppression.ts";
import { unusedSuppression } from "../unused-suppression.ts";
import type { JudgedFinding } from "./judged.ts";
import { subjectsOf } from "./merge.ts";
import { ruleById } from "./registry.ts";
import type { Note, RuleContext } from "./rule.ts";

/** What was found in texts that parse, with the places as they were: nodes move on to the next text. */
interface Whole {
  readonly findings: readonly JudgedFinding[];
  readonly trees: ReadonlyMap<string, SyntaxTree>;
  /** It remembers where the images of these findings were, and what they were like. */
  readonly context: RuleContext;
  /** Where the text of each guest stands, by its name. */
  readonly guests: ReadonlyMap<string, readonly Span[]>;
  /** Where the volumes stand that findings are about, in the order of the findings. */
  readonly volumes: readonly (readonly Span[])[];
}

/** An edit of one file since the whole text. `adds`: something new stands between statements that are all still there. */
interface Edit extends Difference {
  readonly file: string;
  readonly adds: boolean;
  /** What stands there now. */
  readonly text: string;
}

/**
 * While a file does not parse, as it is in the middle of typing, nobody knows what it says. What was found in the last
 * texts that did parse then stays, moved along with the edit, and nothing new is said: squiggles do not vanish and come
 * back with every bracket. What the edit itself may make untrue is taken out: findings about the place that is edited, and
 * claims that something is missing of what is edited.
 */
export class HeldFindings {
  #whole: Whole | null = null;
  /** Takes down the places of what was found last. It has to come before the next text, and can wait until then. */
  #pending: (() => Whole) | null = null;

  /** Takes note of what was found in these texts, when there is time, or {@link settle} is called. */
  remember(findings: readonly JudgedFinding[], context: RuleContext, trees: readonly SyntaxTree[]): void {
    const isFirst = this.#pending === null;
    this.#pending = () => takeDown(findings, context, trees);
    if (isFirst) setImmediate(() => this.settle());
  }

  /** To be called before a text changes: places are known by nodes, which move on to the next text. */
  settle(): void {
    if (this.#pending) this.#whole = this.#pending();
    this.#pending = null;
  }

  /**
   * What stays of what was found in the last whole texts, without fixes. Null where everything has to be judged anew: every
   * file parses, or as well as before, or something else has changed too.
   */
  find({ hosts, tree }: Pick<RuleContext, "hosts" | "tree">): readonly JudgedFinding[] | null {
    this.settle();
    const whole = this.#whole;
    if (!whole) return null;
    const edits: Edit[] = [];
    for (const [file, before] of whole.trees) {
      const now = tree(file);
      if (now === before) continue;
      if (!now || now.errors.length === 0 || before.errors.length > 0) return null;
      const change = difference(before.text, now.text);
      edits.push({
        ...change,
        file,
        adds: change.start === change.oldEnd && isBetween(before.text, change.start),
        text: now.text.slice(change.start, change.newEnd),
      });
    }
    if (edits.length === 0) return null;
    const disk = new Disk(whole.context, hosts);
    return whole.findings.flatMap((finding, index) => {
      const volumes = whole.volumes[index] ?? [];
      const stays = edits.every((edit) => isSafe(finding, volumes, whole, edit)) && disk.isAsBefore(finding);
      const held = stays ? moved(finding, edits) : null;
      return held === null ? [] : [held];
    });
  }
}

function takeDown(findings: readonly JudgedFinding[], context: RuleContext, trees: readonly SyntaxTree[]): Whole {
  const guests = new Map<string, Span[]>();
  for (const { name, at, modules } of context.declarations.guests) {
    const spans = [at, ...modules].flatMap((place) => placeSpan(place) ?? []);
    guests.set(name, [...(guests.get(name) ?? []), ...spans]);
  }
  return {
    findings,
    trees: new Map(trees.map((tree) => [tree.file, tree])),
    context,
    guests,
    volumes: findings.map(({ data }) => (subjectsOf(data) ?? []).flatMap(({ volume }) => placeSpan(volume.at) ?? [])),
  };
}

/** Whether the finding says nothing that the edit may change. */
function isSafe(finding: JudgedFinding, volumes: readonly Span[], whole: Whole, edit: Edit): boolean {
  const around = volumes.filter((span) => contains(span, edit));
  if (volumes.some((span) => touches(span, edit) && !contains(span, edit))) return false;
  // It is of its comment alone.
  if (finding.rule === unknownSuppression.id) return true;
  if (ruleById(finding.rule)?.claims !== "presence") {
    if (edit.adds) return !missedIn(finding).some((word) => word === null || edit.text.includes(word));
    if (volumes.length === 0 || around.length > 0) return false;
  }
  if (edit.adds) return true;
  // A statement that was there is edited: it may be anything that the finding depends on, except in another guest.
  if (around.length > 0) return false;
  const own = finding.guests.flatMap((name) => whole.guests.get(name) ?? []);
  if (own.length === 0 || own.some((span) => touches(span, edit))) return false;
  return [...whole.guests.values()].some((spans) => spans.some((span) => contains(span, edit)));
}

/**
 * The words that would have to be written for what the finding misses: names in its message without their folders. Null
 * for a claim that is of one line.
 */
function missedIn({ rule, message, data }: JudgedFinding): (string | null)[] {
  if (rule === unusedSuppression.id) return [null];
  const names = Object.values(message.args ?? {}).filter((value) => typeof value === "string");
  const option = typeof data === "object" && data !== null && "option" in data ? data.option : null;
  return [...names, ...(typeof option === "string" ? [option] : [])]
    .map((name) => name.slice(name.lastIndexOf("/") + 1))
    .filter((name) => name !== "");
}

function moved(finding: JudgedFinding, edits: readonly Edit[]): JudgedFinding | null {
  const span = movedSpan(finding.span, edits);
  if (span === null) return null;
  if (span === finding.span && finding.notes.every(({ at }) => !at || movedSpan(at, edits) === at)) return finding;
  const notes = finding.notes.map((note): Note => {
    const at = note.at && movedSpan(note.at, edits);
    return at ? { ...note, at } : { text: note.text };
  });
  return { ...finding, span, notes };
}

/** The span where its text stands by now; null where the edit is in it, or at its end. */
function movedSpan(span: Span, edits: readonly Edit[]): Span | null {
  const edit = edits.find(({ file }) => file === span.file);
  if (!edit || span.end < edit.start) return span;
  if (span.start < edit.oldEnd || span.start < edit.start || edit.start === span.end) return null;
  const by = edit.newEnd - edit.oldEnd;
  return { ...span, start: span.start + by, end: span.end + by };
}

function touches(span: Span, edit: Edit): boolean {
  return span.file === edit.file && span.start <= edit.oldEnd && edit.start <= span.end;
}

/** The edit lies between the span's own first and last character. */
function contains(span: Span, edit: Edit): boolean {
  return span.file === edit.file && span.start < edit.start && edit.oldEnd < span.end;
}

/** The place lies behind the end of a statement or an element, or where the first one may begin. */
function isBetween(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 500), at).replace(/(\s|#[^"'\n]*\n)+$/, "");
  return /[{}[\](;:]$/.test(before);
}

/** Whether the disks still are what findings say of them. What is asked of a host changes with the text, and its facts with it. */
class Disk {
  readonly #before: RuleContext;
  readonly #now: ReadonlyMap<string, HostFacts>;
  #alike: boolean | null = null;

  constructor(before: RuleContext, hosts: readonly HostFacts[]) {
    this.#before = before;
    this.#now = new Map(hosts.map((facts) => [facts.host, facts]));
  }

  isAsBefore({ rule, data }: JudgedFinding): boolean {
    if (ruleById(rule)?.needs !== "host") return true;
    const subjects = subjectsOf(data) ?? [];
    if (subjects.length === 0) return this.#areHostsAlike();
    return subjects.every(({ guest, volume }) =>
      this.#before.onDisk(guest, volume).every(({ facts, path, image }) => {
        const now = this.#now.get(facts.host);
        const seen = now?.images.get(path);
        // Nobody asks about the image while its declaration cannot be read.
        return now === facts || (now !== undefined && (seen === undefined || isAlike(seen, image)));
      }),
    );
  }

  #areHostsAlike(): boolean {
    this.#alike ??= this.#before.hosts.every((facts) => {
      const now = this.#now.get(facts.host);
      if (now === undefined || now === facts) return now !== undefined;
      const parts = ({ freeBytes, guests }: HostFacts) => JSON.stringify([freeBytes, guests]);
      return parts(now) === parts(facts);
    });
    return this.#alike;
  }
}

/** The same but for the time of the last change. */
function isAlike(now: Observed<ImageFacts>, before: Observed<ImageFacts>): boolean {
  if (now === before) return true;
  const last = compared.get(now);
  if (last?.before === before) return last.isAlike;
  const words = (image: Observed<ImageFacts>) =>
    JSON.stringify(image.state === "seen" ? { ...image.value, modifiedMs: 0 } : image);
  const isAlike = words(now) === words(before);
  compared.set(now, { before, isAlike });
  return isAlike;
}

/** The same two are compared at every key. */
const compared = attached<Observed<ImageFacts>, { readonly before: Observed<ImageFacts>; readonly isAlike: boolean }>();
