import type { Text } from "../../base/text.ts";
import type { Expanded } from "../expand/expand.ts";
import type { Chunk } from "../expand/patterns.ts";
import type { Place, Script } from "../script.ts";
import type { Setting } from "../setting.ts";
import type { Field, Value } from "../state/value.ts";
import type { Context, World } from "../state/world.ts";
import type { Node, Parameter, Word } from "../syntax/tree.ts";

/** What expansions and commands ask of the interpreter. */
export interface Runner {
  readonly setting: Setting;
  run(node: Node, world: World, context: Context): readonly World[];
  /** In a shell of its own: variables, directory and options are as before afterwards, files are not. */
  subshell(node: Node, world: World, context: Context): readonly World[];
  /** At the same time as what follows: what it does may happen at any time. */
  beside(node: Node, world: World, context: Context): readonly World[];
  /** Text that is run by this shell (`eval`, `.`, a trap). */
  text(value: Value, world: World, context: Context, place: Place): readonly World[];
  /** A script that is run by a shell of its own (`bash -c`, a script file). */
  script(
    script: Script,
    args: readonly Field[],
    world: World,
    context: Context,
    place: Place,
    options?: Shell,
  ): readonly World[];
  /** A command, by its words. */
  command(words: readonly Field[], world: World, context: Context, place: Place): readonly World[];
  /** The same for what another user runs. */
  as(user: Setting["user"]): Runner;
  /** What `${x…}` comes to: the words in it are expanded in turn. */
  parameter(part: Parameter, word: Word, world: World, context: Context): readonly Expanded<readonly Chunk[]>[];
  arithmetic(value: Value, world: World, context: Context, place: Place): Computed;
  /** The script ends here with a failure. */
  fail(world: World, context: Context, place: Place, why: Text): World;
  /** The script is not followed any further: it may do anything. */
  lost(world: World, context: Context, place: Place, why: Text): World;
}

export interface Computed {
  readonly world: World;
  /** Null: not known. */
  readonly value: bigint | null;
  /** False: it is no expression, or divides by zero. */
  readonly ok: boolean;
}

/** Options of a shell that is called: those of `bash -euo pipefail`. */
export interface Shell {
  readonly errexit?: boolean;
  readonly nounset?: boolean;
  readonly pipefail?: boolean;
  readonly noglob?: boolean;
  readonly name?: string;
}
