import { hostname } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { type Attendant, attended, Superseded } from "../base/giving-way.ts";
import type { HostFacts, Probe, ProbeRequest } from "../disk/facts.ts";
import { hasScripts } from "../forecast/host/before-start.ts";
import type { Declarations } from "../microvm/model.ts";
import { defaultStateDir } from "../microvm/schema/host.ts";
import type { NixParser } from "../nix/syntax/parser.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import { HeldFindings } from "../rules/frame/held.ts";
import type { JudgedFinding } from "../rules/frame/judged.ts";
import { FindingsMemory } from "../rules/frame/memory.ts";
import type { Finding, Fix, RuleContext } from "../rules/frame/rule.ts";
import { fixesFor, type RunOptions, runRules } from "../rules/frame/run.ts";
import type { ShellParser } from "../shell/syntax/parser.ts";
import { createContext, type PlaceMemory } from "./context.ts";
import { meanwhile } from "./meanwhile.ts";
import { type AskedHost, type NotJudgedList, notJudged, unasked } from "./not-judged.ts";
import { Observer } from "./observing.ts";
import { createProbe } from "./probes.ts";
import { requestFor, stateDirOf } from "./requests.ts";
import type { EngineSettings, HostSetting } from "./settings.ts";
import { Workspace } from "./workspace.ts";

export type { NotJudged, NotJudgedList } from "./not-judged.ts";
export { notJudgedLines, notJudgedSentence, notJudgedSummary } from "./not-judged-lines.ts";
export type { EngineSettings, HostSetting } from "./settings.ts";
export { unseenHosts } from "./unseen.ts";

/** Everything known at one moment; frozen. Faces only read. */
export interface Snapshot {
  readonly declarations: Declarations;
  readonly hosts: readonly HostFacts[];
  readonly context: RuleContext;
  /**
   * All findings, merged and sorted, with the severity that applies. Allowed ones and those of rules that are off are left
   * out. While a file is being typed in and does not parse, what the last text that did said of it (rules/held.ts).
   */
  readonly findings: readonly JudgedFinding[];
  /** What could not be judged, why, and what to do about it: every face says it. Gathered when it is first asked for. */
  notJudged(): NotJudgedList;
  /** Absolute paths of the files that evaluation read. */
  readonly files: readonly string[];
  tree(file: string): SyntaxTree | null;
  fixes(finding: Finding): readonly Fix[];
  /** It is looked at again at this moment, and something else may come of it: see {@link Engine.meanwhile}. */
  readonly outdated?: true;
}

export interface EngineOptions {
  readonly parser: NixParser;
  /** Absolute paths: folders, or single .nix files. */
  readonly roots: readonly string[];
  /** Absolute paths of folders in which evaluation may read, besides the roots. */
  readonly readable?: readonly string[];
  readonly settings: EngineSettings;
  /** `--state-dir`: the state directory of this machine, whatever settings and configuration say. */
  readonly stateDir?: string;
  /** How a host is looked at; tests bring their own. */
  readonly createProbe?: (setting: HostSetting) => Probe;
  /** Steps that evaluation may take for one guest or root; for tests. */
  readonly budget?: { readonly steps: number };
  /** Reads the grammar of scripts when the first one is met; without it, what scripts do is not known. */
  readonly loadShell?: () => Promise<ShellParser>;
  /** Looks after whoever waits while evaluation holds the thread. */
  readonly attendant?: EngineAttendant;
  /** Told of a rule that threw, which is a bug of ours: as in {@link RunOptions}. */
  readonly onBug?: RunOptions["onBug"];
}

export interface EngineAttendant extends Attendant {
  /** Resolves when what made the work useless has reached the engine. */
  settled(): Promise<void>;
}

/** How often a snapshot begins anew because something changed meanwhile: a disk that never rests must not hold it up. */
const maxRounds = 4;

/**
 * Documents, settings and probes in; immutable snapshots out. The only place where what is declared meets what is on
 * disk, and the only interface of the language server and the command line.
 */
export class Engine {
  readonly #workspace: Workspace;
  readonly #options: EngineOptions;
  #settings: EngineSettings;
  #roots: readonly string[];
  #observers = new Map<string, { readonly setting: HostSetting; readonly observer: Observer }>();
  #snapshot: Snapshot | null = null;
  #changed: (() => void) | null = null;
  #shell: ShellParser | null = null;
  #memory = new FindingsMemory();
  #held = new HeldFindings();
  /** What was asked last on behalf of which declarations: a hover after a keystroke gathers nothing again. */
  #requests = new WeakMap<Observer, { readonly declarations: Declarations; readonly request: ProbeRequest }>();
  readonly #places: PlaceMemory = new WeakMap();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#roots = options.roots;
    this.#settings = options.settings;
    this.#workspace = new Workspace(options);
    this.#createObservers();
  }

  /** The text of an open document, or null when it was closed: then the file on disk counts again. */
  setDocument(path: string, text: string | null): void {
    this.#held.settle();
    this.#workspace.setDocument(path, text);
  }

  /** Files of the workspace changed on disk; null: any of them may have. */
  filesChanged(paths: readonly string[] | null): void {
    this.#held.settle();
    this.#workspace.filesChanged(paths);
  }

  setRoots(roots: readonly string[]): void {
    this.#roots = roots;
    this.#memory = new FindingsMemory();
    this.#held = new HeldFindings();
    this.#requests = new WeakMap();
    this.#workspace.setRoots(roots);
  }

  setSettings(settings: EngineSettings): void {
    this.#settings = settings;
    this.#snapshot = null;
    this.#held = new HeldFindings();
    this.#createObservers();
  }

  /**
   * Evaluates what changed since the last call. Synchronous; reads files of the workspace, runs nothing. @throws Superseded
   * where the attendant says that nobody needs it any more.
   */
  declarations(): Declarations {
    return this.#attended(() => this.#workspace.declarations());
  }

  /**
   * What can be said without waiting, also while a snapshot is being made: the last one, on the texts that were parsed last.
   * Computes nothing. The last one itself where nothing is known to have changed: a busy machine answers late, too.
   */
  meanwhile(): Snapshot {
    const last = this.#snapshot;
    const isSeen = ({ observer }: { readonly observer: Observer }) => {
      const request = this.#requests.get(observer)?.request;
      const facts = request && observer.current(request);
      return facts !== undefined && facts !== null && last?.hosts.includes(facts) === true;
    };
    const hosts = [...this.#observers.values()];
    if (last && this.#workspace.isDeclared(last.declarations) && hosts.every(isSeen)) return last;
    return meanwhile(this.#snapshot, (file) => this.#workspace.parsed(file));
  }

  /** The newest snapshot that was made, whatever happened since. */
  current(): Snapshot | null {
    return this.#snapshot;
  }

  /**
   * A snapshot of now: what changes while hosts are being asked makes it ask again, so that an older answer never comes
   * after a newer one. Asks only for what is not known yet. Rejects only when aborted. Work that something newer makes
   * useless is broken off, and begins anew with it.
   */
  async snapshot(signal?: AbortSignal): Promise<Snapshot> {
    for (let round = 1; ; ) {
      try {
        const snapshot = await this.#take(round === maxRounds, signal);
        if (snapshot) return snapshot;
        round++;
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
        await this.#options.attendant?.settled();
        signal?.throwIfAborted();
      }
    }
  }

  /** A snapshot; null where something changed meanwhile, unless that is `accepted`. */
  async #take(accepted: boolean, signal?: AbortSignal): Promise<Snapshot | null> {
    const declarations = this.declarations();
    const notAsked: AskedHost[] = [];
    // What scripts ask for is asked with the first question.
    if (this.#shell === null && hasScripts(declarations)) this.#shell = (await this.#options.loadShell?.()) ?? null;
    const questions = this.#attended(() => this.#questions(declarations, notAsked));
    const probed = await Promise.all(
      questions.map(async ({ setting, observer, request }): Promise<Probed> => {
        // Without the await when nothing has to be asked, a keystroke costs no turn of the event loop.
        const facts = observer.current(request) ?? (await observer.observe(request, signal));
        if (this.#changed) observer.watch(request, this.#changed);
        return { setting, facts };
      }),
    );
    signal?.throwIfAborted();
    const isNow =
      this.declarations() === declarations &&
      questions.every(({ observer, request }, i) => observer.current(request) === probed[i]?.facts);
    return isNow || accepted ? this.#attended(() => this.#judge(declarations, probed, notAsked)) : null;
  }

  #attended<T>(work: () => T): T {
    return attended(this.#options.attendant ?? null, work);
  }

  /** Calls back when something on a disk may have changed; the next snapshot then looks again. */
  watchDisk(changed: () => void): void {
    this.#changed = changed;
  }

  /** The next snapshot asks every host anew. */
  refreshDisk(): void {
    for (const { observer } of this.#observers.values()) observer.expire();
  }

  dispose(): void {
    this.#changed = null;
    for (const { observer } of this.#observers.values()) observer.dispose();
    this.#observers.clear();
  }

  #questions(declarations: Declarations, notAsked: AskedHost[]) {
    const hosts = [...this.#observers.values()];
    const names = hosts.map(({ setting }) => setting);
    return hosts.flatMap(({ setting, observer }) => {
      if (isSsh(setting) && this.#settings.trusted === false) {
        notAsked.push(unasked(setting, "untrusted"));
        return [];
      }
      const stateDir = this.#stateDir(setting, declarations);
      if (stateDir === null) {
        notAsked.push(unasked(setting, "state-directory-unknown"));
        return [];
      }
      const before = this.#requests.get(observer);
      const request =
        before?.declarations === declarations
          ? before.request
          : requestFor(setting, names, declarations, stateDir, this.#shell, observer.asked);
      this.#requests.set(observer, { declarations, request });
      return [{ setting, observer, request }];
    });
  }

  #stateDir(setting: HostSetting, declarations: Declarations): string | null {
    if (this.#options.stateDir !== undefined && setting.via === "local") return this.#absolute(this.#options.stateDir);
    if (setting.stateDir !== undefined) {
      return setting.via === "local" ? this.#absolute(setting.stateDir) : setting.stateDir;
    }
    const declared = stateDirOf(setting, declarations);
    // A snapshot tells itself where its guests lie.
    return declared ?? (typeof setting.via === "object" && "snapshot" in setting.via ? defaultStateDir : null);
  }

  #absolute(path: string): string {
    return isAbsolute(path) ? resolve(path) : resolve(this.#roots[0] ?? ".", path);
  }

  #judge(declarations: Declarations, probed: readonly Probed[], notAsked: readonly AskedHost[]): Snapshot {
    const before = this.#snapshot;
    if (before !== null && isOf(before, declarations, probed)) return before;
    const tree = (file: string) => this.#workspace.tree(file);
    const context = createContext(declarations, probed, tree, this.#places, this.#shell);
    const files = this.#workspace.filesRead();
    const trees = files.map(tree).filter((each) => each !== null);
    const { rules, folders = [] } = this.#settings;
    const onBug = this.#options.onBug ? { onBug: this.#options.onBug } : {};
    const asked = probed.map(({ setting, facts }): AskedHost => ({ setting, via: setting.via, facts }));
    const named = this.#settings.hosts.length > 0 || this.#options.stateDir !== undefined;
    const stays = this.#held.find(context);
    const findings = stays ?? runRules(context, { severities: rules, folders, trees, memory: this.#memory, ...onBug });
    if (!stays) this.#held.remember(findings, context, trees);
    const snapshot: Snapshot = Object.freeze({
      declarations,
      hosts: probed.map(({ facts }) => facts),
      context,
      findings,
      notJudged: once(() => notJudged(declarations, context, [...notAsked, ...asked], named)),
      files,
      tree,
      fixes: (finding: Finding) => (stays ? [] : [...fixesFor(finding, context, onBug)]),
    });
    this.#snapshot = snapshot;
    return snapshot;
  }

  /** Keeps what was seen on hosts whose setting stays the same. */
  #createObservers(): void {
    const settings: readonly HostSetting[] =
      this.#settings.hosts.length > 0 ? this.#settings.hosts : [{ name: hostname(), via: "local" }];
    const before = this.#observers;
    this.#requests = new WeakMap();
    this.#observers = new Map();
    for (const setting of settings) {
      const key = JSON.stringify(setting);
      const kept = before.get(key);
      before.delete(key);
      this.#observers.set(key, kept ?? { setting, observer: this.#observe(setting) });
    }
    for (const { observer } of before.values()) observer.dispose();
  }

  #observe(setting: HostSetting): Observer {
    const create = this.#options.createProbe ?? createProbe;
    return new Observer(create(setting), setting.via !== "local");
  }
}

interface Probed {
  readonly setting: HostSetting;
  readonly facts: HostFacts;
}

/** Made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Apart from where snapshots are made: what a function there names stays as long as the functions that the snapshot has. */
function isOf(snapshot: Snapshot, declarations: Declarations, probed: readonly Probed[]): boolean {
  const { hosts } = snapshot;
  if (snapshot.declarations !== declarations || hosts.length !== probed.length) return false;
  return probed.every(({ facts }, i) => hosts[i] === facts);
}

function isSsh(setting: HostSetting): boolean {
  return typeof setting.via === "object" && "ssh" in setting.via;
}
