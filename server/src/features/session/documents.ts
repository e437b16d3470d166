import type { TextDocumentContentChangeEvent } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type Documents, isOurs, pathOf } from "./to-lsp.ts";

/** The documents that are open in the editor and that we answer for. */
export class OpenDocuments implements Documents {
  readonly #byUri = new Map<string, TextDocument>();
  readonly #byPath = new Map<string, TextDocument>();

  /** Takes a document over; returns its path, or null when it is none of ours. */
  open(item: {
    readonly uri: string;
    readonly languageId: string;
    readonly version: number;
    readonly text: string;
  }): string | null {
    const path = isOurs(item.uri, item.languageId) ? pathOf(item.uri) : null;
    if (path === null) return null;
    const document = TextDocument.create(item.uri, item.languageId, item.version, item.text);
    this.#byUri.set(item.uri, document);
    this.#byPath.set(path, document);
    return path;
  }

  /** Applies edits; returns the path, or null for a document that is not open. */
  change(uri: string, changes: readonly TextDocumentContentChangeEvent[], version: number): string | null {
    const document = this.#byUri.get(uri);
    if (!document) return null;
    TextDocument.update(document, [...changes], version);
    return pathOf(uri);
  }

  close(uri: string): string | null {
    const path = this.#byUri.delete(uri) ? pathOf(uri) : null;
    if (path !== null) this.#byPath.delete(path);
    return path;
  }

  byPath(path: string): TextDocument | undefined {
    return this.#byPath.get(path);
  }

  get(uri: string): TextDocument | undefined {
    return this.#byUri.get(uri);
  }

  /** Paths of all open documents. */
  paths(): string[] {
    return [...this.#byPath.keys()];
  }
}
