// The Nix language as nix 2.34 reads it, plus the pipe operators of its experimental feature.
//
// Extends the published grammar `tree-sitter-nix`. Tokens of which Nix's lexer takes the longest match in every place
// (paths) or which depend on their surroundings (the text of strings) come from src/scanner.c. What a string or path says
// is read from the text between its interpolations, so that text has no nodes of its own: fewer nodes, faster lowering.

import base from "tree-sitter-nix/grammar.js";

/** Loosest first; from `%left`, `%right` and `%nonassoc` in Nix's src/libexpr/parser.y. */
const levels = [
  { assoc: "right", operators: ["->"] },
  { assoc: "left", operators: ["||"] },
  { assoc: "left", operators: ["&&"] },
  // Nix forbids chains of these; they parse here, and lowering reports them.
  { assoc: "left", operators: ["==", "!="] },
  { assoc: "left", operators: ["<", "<=", ">", ">="] },
  { assoc: "right", operators: ["//"] },
  { assoc: "prefix", operators: ["!"] },
  { assoc: "left", operators: ["+", "-"] },
  { assoc: "left", operators: ["*", "/"] },
  { assoc: "right", operators: ["++"] },
  { assoc: "has", operators: ["?"] },
  { assoc: "prefix", operators: ["-"] },
];

const level = (assoc, operator) => 1 + levels.findIndex((l) => l.assoc === assoc && l.operators.includes(operator));

const infix = ($, assoc) =>
  levels
    .filter((l) => l.assoc === assoc)
    .flatMap((l) => l.operators)
    .map((operator) =>
      prec[assoc](
        level(assoc, operator),
        seq(field("left", $._expr_op), field("operator", operator), field("right", $._expr_op)),
      ),
    );

const prefix = ($, operator) =>
  prec(level("prefix", operator), seq(field("operator", operator), field("argument", $._expr_op)));

const pathChar = "[a-zA-Z0-9._+-]";

const extended = grammar(base, {
  name: "nix",

  // Not `\s`: a form feed or a no-break space is an error in Nix.
  extras: ($) => [/[ \t\r\n]/, $.comment],

  externals: ($) => [
    $._string_text,
    $._indented_text,
    $._path_start,
    $._path_text,
    // Never in a rule, so only valid while tree-sitter recovers from an error and everything is.
    $._recovering,
  ],

  word: ($) => $.identifier,

  reserved: {
    global: () => ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit", "or"],
  },

  rules: {
    source_code: ($) => optional(field("expression", $._expression)),

    identifier: () => /[a-zA-Z_][a-zA-Z0-9_'-]*/,
    float_expression: () => /(([1-9][0-9]*\.[0-9]*)|(0?\.[0-9]+))([Ee][+-]?[0-9]+)?/,

    // One kind of node for `./a`, `/a` and `~/a`: the first character tells them apart.
    path_expression: ($) =>
      seq($._path_start, repeat(choice($._path_text, alias($._immediate_interpolation, $.interpolation)))),
    spath_expression: () => new RegExp(`<${pathChar}+(/${pathChar}+)*>`),

    formals: ($) =>
      seq(
        "{",
        optional(
          choice(
            field("ellipses", $.ellipses),
            seq(
              field("formal", $.formal),
              repeat(seq(",", field("formal", $.formal))),
              optional(seq(",", optional(field("ellipses", $.ellipses)))),
            ),
          ),
        ),
        "}",
      ),

    _expr_if: ($) => choice($.if_expression, $._pipe, $._expr_op),

    // As in Nix, the two directions do not mix without parentheses.
    _pipe: ($) => choice(alias($._pipe_into, $.binary_expression), alias($._pipe_from, $.binary_expression)),
    _pipe_into: ($) =>
      seq(
        field("left", choice($._expr_op, alias($._pipe_into, $.binary_expression))),
        field("operator", "|>"),
        field("right", $._expr_op),
      ),
    _pipe_from: ($) =>
      seq(
        field("left", $._expr_op),
        field("operator", "<|"),
        field("right", choice($._expr_op, alias($._pipe_from, $.binary_expression))),
      ),

    has_attr_expression: ($) =>
      prec(
        level("has", "?"),
        seq(field("expression", $._expr_op), field("operator", "?"), field("attrpath", $.attrpath)),
      ),
    unary_expression: ($) => choice(prefix($, "!"), prefix($, "-")),
    binary_expression: ($) => choice(...infix($, "left"), ...infix($, "right")),

    select_expression: ($) =>
      seq(
        field("expression", $._expr_simple),
        ".",
        field("attrpath", $.attrpath),
        optional(seq("or", field("default", $._expr_select_expression))),
      ),
    // `f or` applies f to a variable named `or`: kept by Nix for an old function of nixpkgs.
    apply_or_expression: ($) => seq(field("function", $._expr_simple), field("argument", alias("or", $.identifier))),
    _expr_select_expression: ($) => choice($.select_expression, $.apply_or_expression, $._expr_simple),

    _expr_simple: ($) =>
      choice(
        $.variable_expression,
        $.integer_expression,
        $.float_expression,
        $.string_expression,
        $.indented_string_expression,
        $.path_expression,
        $.spath_expression,
        $.uri_expression,
        $.parenthesized_expression,
        $.attrset_expression,
        $.let_attrset_expression,
        $.rec_attrset_expression,
        $.list_expression,
      ),

    string_expression: ($) => seq('"', repeat(choice($._string_text, $.interpolation)), '"'),
    indented_string_expression: ($) => seq("''", repeat(choice($._indented_text, $.interpolation)), "''"),

    inherit: ($) => seq("inherit", optional(field("attrs", $.inherited_attrs)), ";"),
    inherit_from: ($) =>
      seq("inherit", "(", field("expression", $._expression), ")", optional(field("attrs", $.inherited_attrs)), ";"),
    attrpath: ($) => seq(field("attr", $._attr), repeat(seq(".", field("attr", $._attr)))),
    inherited_attrs: ($) => repeat1(field("attr", $._attr)),
    _attr: ($) => choice($.identifier, alias("or", $.identifier), $.string_expression, $.interpolation),

    // Nix ends a line comment at a lone carriage return too.
    comment: () => token(choice(/#[^\r\n]*/, seq("/*", /[^*]*\*+([^/*][^*]*\*+)*/, "/"))),
  },
});

// Rules of the base that nothing here uses any more.
for (const name of ["keyword", "_hpath_start", "hpath_expression", "escape_sequence", "_indented_escape_sequence"]) {
  delete extended.grammar.rules[name];
}

export default extended;
