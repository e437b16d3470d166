/* Tokens that a regular expression of the grammar cannot describe: the text of strings, up to an interpolation or the end,
   and paths, of which Nix's lexer takes the longest match wherever it stands. Follows src/libexpr/lexer.l of Nix.
   There is no state: a token depends only on the text that follows and on what the parser expects. */

#include "tree_sitter/parser.h"

enum Token { STRING_TEXT, INDENTED_TEXT, PATH_START, PATH_TEXT, RECOVERING };

static void next(TSLexer *lexer) { lexer->advance(lexer, false); }

/* Consumes one character if there is one. */
static void any(TSLexer *lexer) {
  if (!lexer->eof(lexer)) next(lexer);
}

/* The text of "…". `$$` is two characters of text, so `$${` opens no interpolation but `$$${` does. */
static bool string_text(TSLexer *lexer) {
  for (bool some = false;; some = true) {
    lexer->mark_end(lexer);
    if (lexer->eof(lexer)) return false;
    switch (lexer->lookahead) {
      case '"':
        return some;
      case '\\':
        next(lexer);
        any(lexer);
        break;
      case '$':
        next(lexer);
        if (lexer->lookahead == '{') return some;
        if (lexer->lookahead == '"') break;
        if (lexer->lookahead == '\\') next(lexer);
        any(lexer);
        break;
      default:
        next(lexer);
    }
  }
}

/* The text of ''…''. Escapes are ''' and ''$ and ''\ with one more character. */
static bool indented_text(TSLexer *lexer) {
  for (bool some = false;; some = true) {
    lexer->mark_end(lexer);
    if (lexer->eof(lexer)) return false;
    switch (lexer->lookahead) {
      case '$':
        next(lexer);
        if (lexer->lookahead == '{') return some;
        if (lexer->lookahead != '\'') any(lexer);
        break;
      case '\'':
        next(lexer);
        if (lexer->lookahead == '\'') {
          next(lexer);
          if (lexer->lookahead == '\\') {
            next(lexer);
            any(lexer);
          } else if (lexer->lookahead == '\'' || lexer->lookahead == '$') {
            next(lexer);
          } else {
            return some;
          }
        } else if (lexer->lookahead != '$') {
          any(lexer);
        }
        break;
      default:
        next(lexer);
    }
  }
}

static bool is_path_char(int32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '+' || c == '_';
}

/* The rest of a path once it is one: doubled and trailing slashes belong to it (the latter are an error in Nix). */
static bool path_text(TSLexer *lexer) {
  bool some = false;
  for (; is_path_char(lexer->lookahead) || lexer->lookahead == '/'; some = true) next(lexer);
  lexer->mark_end(lexer);
  return some;
}

/* Longer than any name of a file: text such as a long row of dashes must not be read again at each of them. */
enum { LONGEST_NAME = 255 };

/* A path begins with at least one slash that is followed by a path character or by an interpolation. */
static bool path_start(TSLexer *lexer) {
  while (lexer->lookahead == ' ' || lexer->lookahead == '\n' || lexer->lookahead == '\r' || lexer->lookahead == '\t') {
    lexer->advance(lexer, true);
  }
  if (lexer->lookahead == '~') {
    next(lexer);
  } else {
    for (int length = 0; is_path_char(lexer->lookahead); length++) {
      if (length > LONGEST_NAME) return false;
      next(lexer);
    }
  }
  if (lexer->lookahead != '/') return false;
  next(lexer);
  if (is_path_char(lexer->lookahead)) return path_text(lexer);
  if (lexer->lookahead != '$') return false;
  lexer->mark_end(lexer);
  next(lexer);
  return lexer->lookahead == '{';
}

bool tree_sitter_nix_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  /* Text is only text between quotes; while the parser looks for a way on, it is not known to be. */
  if (valid[RECOVERING]) return false;
  if (valid[STRING_TEXT]) {
    lexer->result_symbol = STRING_TEXT;
    return string_text(lexer);
  }
  if (valid[INDENTED_TEXT]) {
    lexer->result_symbol = INDENTED_TEXT;
    return indented_text(lexer);
  }
  if (valid[PATH_TEXT] && (is_path_char(lexer->lookahead) || lexer->lookahead == '/')) {
    lexer->result_symbol = PATH_TEXT;
    return path_text(lexer);
  }
  if (valid[PATH_START]) {
    lexer->result_symbol = PATH_START;
    return path_start(lexer);
  }
  return false;
}

void *tree_sitter_nix_external_scanner_create(void) { return 0; }
void tree_sitter_nix_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_nix_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_nix_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}
