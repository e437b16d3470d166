import type { TextEdit } from "../../base/edit.ts";
import type { Span } from "../../base/span.ts";
import type { Text } from "../../base/text.ts";
import type { HostFacts } from "../../disk/facts.ts";
import type { Cleanup } from "../../forecast/host/cleanup.ts";
import type { GuestForecast, VolumeForecast } from "../../forecast/volume-forecast.ts";
import type { Places } from "../../forecast/world.ts";
import type { Declarations, Guest, Host } from "../../microvm/model.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";

export type { VolumeOnDisk } from "../../forecast/world.ts";

export const severities = ["hint", "information", "warning", "error"] as const;
export type Severity = (typeof severities)[number];

/**
 * What rules about single guests may ask. Nothing here depends on other guests or on what a host declares, so that what
 * they found stays true while the guest and what is seen on its hosts stay the same (rules/memory.ts).
 */
export interface GuestContext extends Places {
  readonly declarations: Pick<Declarations, "guests">;
  /** The next start of the guest on each of these hosts; one without a host where no probed host runs it. The same array while nothing changes that it depends on. */
  forecasts(guest: Guest): readonly GuestForecast[];
  /** The file is one of the workspace's, so that a finding may stand there. */
  isOurs(file: string): boolean;
}

/** What rules may ask. Everything is gathered before: rules are pure and synchronous. */
export interface RuleContext extends GuestContext {
  readonly declarations: Declarations;
  /** Hosts that were probed; a host without a state directory is not among them. */
  readonly hosts: readonly HostFacts[];
  hostOf(guest: Guest): Host | null;
  /** The name of a file of the guest or its host that has a syntax error; null: none. */
  unread(guest: Guest): string | null;
  /** Units of the host that remove images of its guests; none where scripts could not be read. */
  cleanups(host: Host): readonly Cleanup[];
  /** The parsed file, for fixes; null when it is not a file of the workspace (then nothing may be edited there). */
  tree(file: string): SyntaxTree | null;
}

/** One note under a finding; `at` is shown as related information. */
export interface Note {
  readonly text: Text;
  readonly at?: Span;
}

export interface Finding<D = unknown> {
  readonly rule: string;
  /** Where to underline. Findings of several guests with the same rule, span and message are merged into one that names them all. */
  readonly span: Span;
  readonly message: Text;
  readonly notes: readonly Note[];
  /** Names of the guests (or the host's name) that it is about. */
  readonly guests: readonly string[];
  /** Lower than the rule's own severity, e.g. for a conditional volume. */
  readonly severity?: Severity;
  /** What the rule's fixes need, so that nothing is computed again. */
  readonly data: D;
}

/** `safe` edits may be applied in bulk; `review` ones change what guests do and want a look. */
export type Safety = "safe" | "review";

/** `id` is stable within the rule: faces find a fix by rule, span and id, never by its title. */
export type Fix =
  | {
      readonly kind: "edit";
      readonly id: string;
      readonly title: Text;
      readonly safety: Safety;
      readonly edits: readonly TextEdit[] /** guests whose meaning changes */;
      readonly guests: readonly string[];
    }
  | {
      readonly kind: "operation";
      readonly id: string;
      /** The host on which it is done, by its name in the settings. */
      readonly host: string;
      readonly title: Text;
      /** What is most likely wanted; it asks before it does anything. */
      readonly preferred?: boolean;
      readonly destroys: Text | null /** argv of `microvm-lens image …` that prints the plan */;
      readonly command: readonly string[];
    }
  /** Nothing that we may edit: says where and what to do by hand. */
  | { readonly kind: "manual"; readonly id: string; readonly title: Text; readonly advice: Text };

/** One example that the tests run: fixture text (test/harness) without carets. */
export interface Example {
  readonly files: Readonly<Record<string, string>>;
  /** Lines of the fake disk, as in fixtures: `/var/lib/microvms/web/data.img raw 512MiB ext4`. */
  readonly disk?: readonly string[];
}

export type Rule<D = unknown> = RuleBase<D> &
  (
    | { readonly scope: "workspace"; check(context: RuleContext): Iterable<Finding<D>> }
    /** Looks at each guest alone: it is asked again only about guests that changed. */
    | { readonly scope: "guest"; check(context: GuestContext): Iterable<Finding<D>> }
    /** The same, volume by volume: words what the next start does with it on one host. */
    | {
        readonly scope: "guest";
        perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<D>>;
      }
  );

interface RuleBase<D> {
  /** File name, setting, fixture folder, docs page. Never changes. */
  readonly id: string;
  readonly severity: Severity;
  readonly needs: "config" | "host";
  /** `absence` rules run only where the world is closed. */
  readonly claims: "presence" | "absence";
  /** What it says is of the image that is there now: not said where a `preStart` cannot be read that may put it away. */
  readonly of?: "image";
  readonly docs: {
    /** One sentence. */
    readonly summary: Text;
    /** Why it matters, with the source of the fact. Markdown. */
    readonly why: Text;
    /** What to do where nothing is offered on the bad example. Markdown. */
    readonly byHand?: Text;
    readonly bad: Example;
    readonly good: Example;
  };
  /** Built on demand, for one finding. */
  fixes?(finding: Finding<D>, context: RuleContext): Iterable<Fix>;
}
