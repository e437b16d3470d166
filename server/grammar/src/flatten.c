/* Writes a syntax tree as one array of integers, so that JavaScript crosses into WebAssembly once a tree instead of
   several times a node. Calls the functions that web-tree-sitter's own module exports, which pass nodes and cursors
   through a transfer buffer.

   A record is four integers: symbol | flags << 16, start, end (UTF-16 code units), index of the record after the subtree.
   Records stand in preorder. `wanted[symbol]` is 0: left out with all below it; 1: written; 2: written, and flagged KEPT
   without its children when it does not touch the changed range and has no error, because the caller still has it;
   3: the same, and its children are never of interest unless there is an error among them; 4: as 2, and flagged TOO_DEEP
   without its children when it lies too deep. */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef struct TSTree TSTree;
uint32_t *ts_init(void);
void ts_tree_root_node_wasm(const TSTree *);
void ts_tree_cursor_new_wasm(const TSTree *);
void ts_tree_cursor_delete_wasm(const TSTree *);
bool ts_tree_cursor_goto_first_child_wasm(const TSTree *);
bool ts_tree_cursor_goto_next_sibling_wasm(const TSTree *);
bool ts_tree_cursor_goto_parent_wasm(const TSTree *);
void ts_tree_cursor_current_node_wasm(const TSTree *);
uint16_t ts_node_symbol_wasm(const TSTree *);
uint32_t ts_node_end_index_wasm(const TSTree *);
bool ts_node_has_error_wasm(const TSTree *);
bool ts_node_is_missing_wasm(const TSTree *);

enum { FIELDS = 4, ERROR_SYMBOL = 65535 };
enum Flag { MISSING = 1, KEPT = 2, TOO_DEEP = 4, HAS_ERROR = 8 };

static int32_t *records;
static uint32_t capacity;
static uint32_t *transfer;

EXPORT int32_t *lens_records(void) { return records; }

/* Which records are open. The depth limit bounds it: between two nodes of kind 4 there are only a few others. */
static uint32_t open_records[4096];

/* The number of records, or -1 when memory ran out. `depth_limit` is at most 4000. */
EXPORT int32_t lens_flatten(const TSTree *tree, const uint8_t *wanted, uint32_t changed_start, uint32_t changed_end,
                            uint32_t depth_limit) {
  if (!transfer) transfer = ts_init();
  uint32_t cursor[4], count = 0, depth = 0;
  bool skipping = changed_start <= changed_end;
  ts_tree_root_node_wasm(tree);
  ts_tree_cursor_new_wasm(tree);
  for (;;) {
    memcpy(cursor, transfer, sizeof cursor);
    ts_tree_cursor_current_node_wasm(tree);
    uint32_t symbol = ts_node_symbol_wasm(tree);
    bool error = ts_node_has_error_wasm(tree);
    bool missing = error && ts_node_is_missing_wasm(tree);
    uint32_t want = symbol == ERROR_SYMBOL || missing ? 1 : wanted[symbol];
    bool descend = false;
    if (want) {
      if ((count + 1) * FIELDS > capacity) {
        uint32_t larger = capacity ? capacity * 2 : 4096 * FIELDS;
        int32_t *moved = realloc(records, larger * sizeof *records);
        if (!moved) {
          memcpy(transfer, cursor, sizeof cursor);
          ts_tree_cursor_delete_wasm(tree);
          return -1;
        }
        records = moved;
        capacity = larger;
      }
      uint32_t start = transfer[1], end = ts_node_end_index_wasm(tree), flags = missing ? MISSING : 0;
      if (error) flags |= HAS_ERROR;
      descend = true;
      if (want >= 2 && !error) {
        if (want == 3) descend = false;
        if (skipping && (end < changed_start || start > changed_end)) {
          flags |= KEPT;
          descend = false;
        }
      }
      if (descend && want == 4 && depth >= depth_limit) {
        flags |= TOO_DEEP;
        descend = false;
      }
      int32_t *record = records + count * FIELDS;
      record[0] = (int32_t)(symbol | flags << 16);
      record[1] = (int32_t)start;
      record[2] = (int32_t)end;
      record[3] = (int32_t)(count + 1);
      count++;
    }
    memcpy(transfer, cursor, sizeof cursor);
    if (descend && ts_tree_cursor_goto_first_child_wasm(tree)) {
      open_records[depth++] = count - 1;
      continue;
    }
    while (!ts_tree_cursor_goto_next_sibling_wasm(tree)) {
      if (depth == 0 || !ts_tree_cursor_goto_parent_wasm(tree)) {
        ts_tree_cursor_delete_wasm(tree);
        return (int32_t)count;
      }
      records[open_records[--depth] * FIELDS + 3] = (int32_t)count;
    }
  }
}
