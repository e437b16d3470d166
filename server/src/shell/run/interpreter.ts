import { giveWay } from "../../base/giving-way.ts";
import type { Text } from "../../base/text.ts";
import { compute } from "../expand/compute.ts";
import { expandFields, expandValue } from "../expand/expand.ts";
import { expandParameter } from "../expand/parameters.ts";
import { reasons } from "../reasons.ts";
import { flatten, type Place, type Script } from "../script.ts";
import type { Setting } from "../setting.ts";
import { merged } from "../state/join.ts";
import { type Field, knownText, type Value, whyUnknown } from "../state/value.ts";
import {
  type Context,
  divide,
  fork,
  inherited,
  placeIn,
  type Status,
  type Variable,
  type World,
  weightOf,
} from "../state/world.ts";
import type { Node } from "../syntax/tree.ts";
import { anything, type Call, withStatus } from "./call.ts";
import { choose } from "./choose.ts";
import { conditional } from "./conditions.ts";
import { afterRound, loop, mostRounds } from "./loops.ts";
import { withRedirects } from "./redirect.ts";
import type { Runner, Shell } from "./runner.ts";
import { runCommand, runWords } from "./simple.ts";

/** How far a script is followed: beyond, it may do anything. */
const limits = { steps: 20_000, depth: 40, worlds: 24 };

/** Plays statements on worlds. */
export class Interpreter implements Runner {
  readonly setting: Setting;
  readonly #count: { steps: number };

  constructor(setting: Setting, count = { steps: 0 }) {
    this.setting = setting;
    this.#count = count;
  }

  as(user: Setting["user"]): Runner {
    return new Interpreter({ ...this.setting, user }, this.#count);
  }

  run(node: Node, world: World, context: Context): readonly World[] {
    if (world.flow) return [world];
    giveWay();
    // What is done to a file copies what is known of all.
    this.#count.steps += 1 + world.files.weight / weightOfStep;
    if (this.#count.steps > limits.steps || context.depth > limits.depth) {
      return [this.lost(world, context, node, reasons.tooLong())];
    }
    const deeper = { ...context, depth: context.depth + 1 };
    switch (node.is) {
      case "sequence": {
        let worlds: readonly World[] = [node.items.length === 0 ? withStatus(world, 0) : world];
        for (const item of node.items) worlds = this.#bounded(worlds.flatMap((each) => this.run(item, each, deeper)));
        return worlds;
      }
      case "command":
        return this.#bounded(runCommand(node, world, context, this)).flatMap((each) =>
          this.#checked(each, context, node),
        );
      case "and":
      case "or": {
        const after = this.run(node.left, world, { ...deeper, tested: true }).flatMap((each) =>
          divide(each, context, node.left),
        );
        return this.#bounded(
          after.flatMap((each) => {
            const goesOn = (each.status === 0) === (node.is === "and");
            return each.flow || !goesOn ? [each] : this.run(node.right, each, deeper);
          }),
        );
      }
      case "not":
        return this.run(node.body, world, { ...deeper, tested: true }).map((each) =>
          each.flow ? each : withStatus(each, each.status === "any" ? "any" : each.status === 0 ? 1 : 0),
        );
      case "group":
        return this.run(node.body, world, deeper);
      case "subshell":
        return this.subshell(node.body, world, deeper).flatMap((each) => this.#checked(each, context, node));
      case "background":
        return this.beside(node.body, world, deeper);
      case "pipeline":
        return this.#pipeline(node.parts, world, deeper).flatMap((each) => this.#checked(each, context, node));
      case "redirected":
        return this.#redirected(node, world, deeper);
      case "if":
        return this.#if(node, 0, world, deeper);
      case "while":
        return this.#while(node, world, deeper);
      case "for":
        return this.#for(node, world, deeper);
      case "count":
        return this.#counted(node, world, deeper);
      case "case":
        return expandValue(node.subject, world, context, this).flatMap(({ world, made }) =>
          world.flow ? [world] : this.#bounded(choose(this, node.items, made, withStatus(world, 0), deeper)),
        );
      case "function": {
        const functions = new Map(world.functions).set(node.name, { body: node.body, source: context.source });
        return [withStatus({ ...world, functions }, 0)];
      }
      case "test":
        return conditional(node.words, node, world, context, this).flatMap((each) =>
          this.#checked(each, context, node),
        );
      case "arithmetic":
        return expandValue(node.expression, world, context, this).flatMap(({ world, made }) => {
          if (world.flow) return [world];
          const result = this.arithmetic(made, world, context, node.expression);
          const status: Status = !result.ok ? 1 : result.value === null ? "any" : result.value === 0n ? 1 : 0;
          return this.#checked(withStatus(result.world, status), context, node);
        });
      case "unclear":
        return [this.lost(world, context, node, node.why)];
    }
  }

  subshell(node: Node, world: World, context: Context): readonly World[] {
    return this.#ended(this.run(node, { ...world, exitTrap: null, saved: null }, context), context, node).map(
      (after) => ({
        ...world,
        files: after.files,
        status: after.status,
        acts: after.acts,
        conditions: after.conditions,
        out: after.out,
        failure: world.failure ?? (after.status === 0 ? null : after.failure),
      }),
    );
  }

  beside(node: Node, world: World, context: Context): readonly World[] {
    const why = reasons.several();
    const after = this.subshell(node, { ...world, out: null }, context);
    // It may not have begun, be done, or be somewhere in between.
    let all = world.files;
    for (const each of after) all = all.joined(each.files, why);
    const changed = after
      .flatMap((each) => [...each.files.entries()])
      .filter(([path, state]) => world.files.get(path) !== state);
    const files = all.withAll(
      changed.map(([path]) => [
        path,
        { ...all.get(path), exists: "maybe", bytes: null, content: { is: "unknown", why }, why },
      ]),
    );
    const last = after.reduce((a, b) => ((b.acts?.length ?? 0) > (a.acts?.length ?? 0) ? b : a));
    return [withStatus({ ...world, files, acts: unsure(last.acts, world.acts) }, 0)];
  }

  text(value: Value, world: World, context: Context, place: Place): readonly World[] {
    const text = knownText(value);
    if (text === null) return [this.lost(world, context, place, whyUnknown(value) ?? reasons.syntax())];
    if (context.depth > limits.depth) return [this.lost(world, context, place, reasons.tooLong())];
    const source = { text, holes: [], place: placeIn(context.source, place) };
    return this.run(this.setting.parser.parse(text), withStatus(world, 0), {
      ...context,
      source,
      depth: context.depth + 1,
    });
  }

  script(
    script: Script,
    args: readonly Field[],
    world: World,
    context: Context,
    place: Place,
    options: Shell = {},
  ): readonly World[] {
    const { text, holes } = flatten(script);
    const source = { text, holes, place: placeIn(context.source, place) };
    const inside: World = {
      ...world,
      args,
      functions: new Map(),
      options: {
        errexit: options.errexit ?? false,
        nounset: options.nounset ?? false,
        pipefail: options.pipefail ?? false,
        noglob: options.noglob ?? false,
        nullglob: false,
      },
      variables: inherited(world),
      status: 0,
    };
    const inner = { ...context, source, tested: false, depth: context.depth + 1 };
    const node = this.setting.parser.parse(text);
    return this.subshell(node, inside, inner).map((after) => ({
      ...world,
      files: after.files,
      status: after.status,
      acts: after.acts,
      conditions: after.conditions,
      out: after.out,
      complained: after.complained,
      failure: after.failure,
    }));
  }

  command(words: readonly Field[], world: World, context: Context, place: Place): readonly World[] {
    if (++this.#count.steps > limits.steps) return [this.lost(world, context, place, reasons.tooLong())];
    return runWords(words, [], world, { ...context, depth: context.depth + 1 }, place, this);
  }

  readonly parameter: Runner["parameter"] = (part, word, world, context) =>
    expandParameter(part, word, world, context, this);

  readonly arithmetic: Runner["arithmetic"] = (value, world) => compute(value, world, this);

  fail(world: World, context: Context, place: Place, why: Text): World {
    const failure = world.failure ?? { place: placeIn(context.source, place), why };
    return { ...world, status: "fail", flow: { is: "exit" }, failure };
  }

  lost(world: World, context: Context, place: Place, why: Text): World {
    const call: Call = { name: "", args: [], context, place, runner: this };
    const after = anything(call, world, why);
    return { ...after, flow: { is: "exit" }, failure: { place: placeIn(context.source, place), why }, exitTrap: null };
  }

  /** The end of a shell: its trap, and no flow any more. */
  #ended(worlds: readonly World[], context: Context, place: Place): readonly World[] {
    return worlds.flatMap((world) => {
      if (world.exitTrap === null) return [{ ...world, flow: null }];
      const { status, exitTrap } = world;
      const inTrap = { ...world, flow: null, exitTrap: null };
      return this.text(exitTrap, inTrap, context, place).map((after) => ({
        ...after,
        // An `exit` in the trap gives another status; otherwise it stays.
        status: after.flow?.is === "exit" ? after.status : status,
        flow: null,
      }));
    });
  }

  /** All ends of a whole script; one that ends before its last line keeps that as its flow. */
  whole(node: Node, world: World, context: Context): readonly World[] {
    const ends = this.run(node, world, context);
    return ends.flatMap((each) => this.#ended([each], context, node).map((after) => ({ ...after, flow: each.flow })));
  }

  #checked(world: World, context: Context, place: Place): readonly World[] {
    if (world.flow || context.tested || !world.options.errexit || world.status === 0) return [world];
    return divide(world, context, place).map((each) => {
      if (each.status === 0) return each;
      const command = context.source.text.slice(place.start, place.end).split("\n")[0] ?? "";
      const why = (world.status === "any" ? reasons.mayFail : reasons.fails)({ command: command.slice(0, 60) });
      const failure = each.failure ?? { place: placeIn(context.source, place), why };
      return { ...each, flow: { is: "exit" }, failure };
    });
  }

  /** Worlds that are the same become one; too many of them are joined. */
  #bounded(worlds: readonly World[]): readonly World[] {
    if (worlds.length < 2) return worlds;
    for (const world of worlds) this.#count.steps += weightOf(world) / weightOfStep;
    return merged(worlds, limits.worlds);
  }

  #pipeline(parts: readonly Node[], world: World, context: Context): readonly World[] {
    const inner = { ...context, tested: context.tested };
    let all: { world: World; statuses: readonly Status[]; input: Value }[] = [
      { world, statuses: [], input: world.input },
    ];
    for (const [at, part] of parts.entries()) {
      const last = at === parts.length - 1;
      all = all.flatMap(({ world: before, statuses, input }) =>
        this.subshell(part, { ...before, input, out: last ? world.out : [], status: 0 }, inner).map((after) => ({
          world: { ...after, out: world.out },
          statuses: statuses.concat(after.status),
          input: after.out ?? [],
        })),
      );
      if (all.length > 64) return [this.lost(world, context, part, reasons.tooLong())];
    }
    return this.#bounded(
      all.map(({ world: after, statuses, input }) => {
        const out = world.out === null ? null : input;
        const status = world.options.pipefail ? firstFailure(statuses) : (statuses.at(-1) as Status);
        return { ...after, out, input: world.input, status };
      }),
    );
  }

  #redirected(node: Extract<Node, { is: "redirected" }>, world: World, context: Context): readonly World[] {
    const call: Call = { name: "", args: [], context, place: node, runner: this };
    return withRedirects(call, node.redirects, world, (inside) => this.run(node.body, inside, context));
  }

  #if(node: Extract<Node, { is: "if" }>, at: number, world: World, context: Context): readonly World[] {
    const branch = node.branches[at];
    if (!branch) return node.otherwise ? this.run(node.otherwise, world, context) : [withStatus(world, 0)];
    const tested = this.run(branch.test, world, { ...context, tested: true });
    return this.#bounded(
      tested
        .flatMap((each) => divide(each, context, branch.test))
        .flatMap((each) => {
          if (each.flow) return [each];
          return each.status === 0 ? this.run(branch.body, each, context) : this.#if(node, at + 1, each, context);
        }),
    );
  }

  #while(node: Extract<Node, { is: "while" }>, world: World, context: Context): readonly World[] {
    return loop(
      this,
      (each) => this.#bounded(each),
      world,
      context,
      node,
      (each) =>
        this.run(node.test, each, { ...context, tested: true })
          .flatMap((tested) => divide(tested, context, node.test))
          .map((tested) => ({ world: tested, goesOn: !tested.flow && (tested.status === 0) !== node.until })),
      (each) => this.run(node.body, each, context),
    );
  }

  #counted(node: Extract<Node, { is: "count" }>, world: World, context: Context): readonly World[] {
    const compute = (word: typeof node.first, each: World) =>
      expandValue(word, each, context, this).map((one) => this.arithmetic(one.made, one.world, context, word));
    return compute(node.first, world).flatMap((begun) =>
      loop(
        this,
        (each) => this.#bounded(each),
        begun.world,
        context,
        node,
        (each) =>
          compute(node.test, each).flatMap(({ world, value, ok }) => {
            const endless = node.test.parts.length === 0;
            const status: Status = !ok ? 1 : endless ? 0 : value === null ? "any" : value === 0n ? 1 : 0;
            return divide(withStatus(world, status), context, node.test).map((tested) => ({
              world: tested,
              goesOn: tested.status === 0,
            }));
          }),
        (each) =>
          this.run(node.body, each, context).flatMap((after) =>
            after.flow && after.flow.is !== "continue" ? [after] : compute(node.next, after).map(({ world }) => world),
          ),
      ),
    );
  }

  #for(node: Extract<Node, { is: "for" }>, world: World, context: Context): readonly World[] {
    const lists = node.words ? expandFields(node.words, world, context, this) : [{ world, made: world.args }];
    return lists.flatMap(({ world, made }) => {
      const done: World[] = [];
      let going: readonly World[] = [withStatus(world, 0)];
      if (world.flow) return [world];
      for (const [at, field] of made.entries()) {
        const next: World[] = [];
        for (const each of going) {
          const value: Variable = { is: "text", value: field.value };
          const inside = { ...each, variables: new Map(each.variables).set(node.name, value) };
          // Something that is any number of words: not at all, or once; what it may be is as unknown as all of them.
          const many = field.rest || field.value.some((part) => typeof part !== "string" && part.holds === "text");
          const [once, never] = many ? fork(inside, context, node) : [inside, null];
          if (never) next.push({ ...never, variables: each.variables });
          for (const after of this.run(node.body, once, context)) {
            const left = afterRound(after);
            if (left.ends) done.push(left.world);
            else next.push(left.world);
          }
        }
        going = this.#bounded(next);
        if (at > mostRounds) return [this.lost(world, context, node, reasons.tooLong())];
      }
      return this.#bounded([...done, ...going]);
    });
  }
}

/** So much takes about as long as a step. */
const weightOfStep = 1024;

function firstFailure(statuses: readonly Status[]): Status {
  // The last one that is not 0 counts.
  let result: Status = 0;
  for (const status of statuses) {
    if (status === 0) continue;
    if (status !== "any") result = status;
    else result = result === 0 ? "any" : "fail";
  }
  return result;
}

function unsure(chain: World["acts"], until: World["acts"]): World["acts"] {
  if (chain === null || chain === until || chain.length <= (until?.length ?? 0)) return until;
  return { before: unsure(chain.before, until), last: { ...chain.last, sure: false }, length: chain.length };
}
