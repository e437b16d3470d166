/** What we use of nspell, which brings no types. */
declare module "nspell" {
  interface Speller {
    /** Whether the word is in the dictionary, or was added. */
    correct(word: string): boolean;
    add(word: string): Speller;
  }
  export default function nspell(dictionary: { readonly aff: Buffer; readonly dic: Buffer }): Speller;
}
