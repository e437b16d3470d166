import { posix } from "node:path";
import { printableJson } from "../../base/printable.ts";
import type { Locale } from "../../base/text.ts";
import { render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { type Field, type Guest, known, type Volume } from "../../microvm/model.ts";
import { reasonChain } from "../../nix/eval/reasons.ts";
import { type Place, placeSpan, type Unknown } from "../../nix/eval/value.ts";
import { type NotJudgedReport, notJudgedJson } from "../check/not-judged-report.ts";
import { pathForTools } from "../frame/display-path.ts";
import { type ReportedPlace, reportedPlace } from "../frame/reported-place.ts";

export interface InspectView {
  readonly locale: Locale;
  readonly cwd: string;
  readonly roots: readonly string[];
  readonly notJudged: Pick<NotJudgedReport, "reported">;
}

/** What is declared, for tools: docs/schemas/inspect.schema.json. Every key is there; null and an entry in `unknown` is "not known". */
export function inspectJson(snapshot: Snapshot, view: InspectView): string {
  const writer = new Writer(snapshot, view);
  const { guests } = snapshot.declarations;
  const document = {
    schema: 1,
    files: snapshot.files.length,
    guests: guests.map((guest) => writer.guest(guest)),
    notJudged: notJudgedJson(view.notJudged, view),
  };
  return `${printableJson(document, 2)}\n`;
}

class Writer {
  readonly #snapshot: Snapshot;
  readonly #view: InspectView;

  constructor(snapshot: Snapshot, view: InspectView) {
    this.#snapshot = snapshot;
    this.#view = view;
  }

  guest(guest: Guest) {
    const stateDir = known(guest.stateDir) ?? null;
    const directories = stateDir === null ? [] : guest.directoryNames.map((name) => posix.join(stateDir, name));
    const unknown: object[] = [];
    const note = (what: string, reason: Unknown) => unknown.push({ what, ...this.#reason(reason) });
    const value = <T>(what: string, field: Field<T>): T | null => {
      if (field.state === "unknown") note(what, field.unknown);
      return known(field) ?? null;
    };
    const result = {
      name: guest.name,
      nameFrom: guest.nameFrom,
      host: guest.host,
      hostName: value("hostName", guest.hostName),
      ...this.#at(guest.at),
      stateDir: value("stateDir", guest.stateDir),
      directories,
      hypervisor: value("hypervisor", guest.hypervisor),
      storeOnDisk: value("storeOnDisk", guest.storeOnDisk),
      writableStoreOverlay: value("writableStoreOverlay", guest.writableStoreOverlay),
      complete: guest.volumesOpen === null,
      volumes: guest.volumes.map((volume) => this.#volume(volume, directories)),
      unknown,
    };
    if (guest.volumesOpen !== null) note("volumes", guest.volumesOpen);
    return result;
  }

  #volume(volume: Volume, directories: readonly string[]) {
    const unknown: Record<string, string> = {};
    const value = <T>(what: string, field: Field<T>): T | null => {
      if (field.state === "unknown") unknown[what] = this.#reason(field.unknown).reason;
      return known(field) ?? null;
    };
    const image = value("image", volume.image);
    const place = this.#place(volume.at);
    return {
      image,
      path: image === null ? null : pathOf(image, directories),
      sizeMiB: value("sizeMiB", volume.sizeMiB),
      mountPoint: value("mountPoint", volume.mountPoint),
      fsType: value("fsType", volume.fsType),
      label: value("label", volume.label),
      autoCreate: value("autoCreate", volume.autoCreate),
      readOnly: value("readOnly", volume.readOnly),
      serial: value("serial", volume.serial),
      direct: value("direct", volume.direct),
      imageType: value("imageType", volume.imageType),
      mkfsExtraArgs: value("mkfsExtraArgs", volume.mkfsExtraArgs),
      conditional: volume.conditional !== null,
      ...this.#at(volume.at),
      column: place === null ? null : place.start.column,
      unknown,
    };
  }

  #reason(unknown: Unknown) {
    const chain = reasonChain(unknown);
    const root = chain.at(-1)?.at ?? null;
    const place = root === null ? null : reportedPlace(root, this.#snapshot);
    return {
      reason: chain.map(({ text }) => render(text, this.#view.locale)).join(" ← "),
      file: place === null ? null : this.#file(place),
      line: place === null ? null : place.start.line,
    };
  }

  #at(at: Place) {
    const place = this.#place(at);
    return { file: place === null ? null : this.#file(place), line: place === null ? null : place.start.line };
  }

  #place(at: Place): ReportedPlace | null {
    const span = placeSpan(at);
    return span === null ? null : reportedPlace(span, this.#snapshot);
  }

  #file({ file }: ReportedPlace): string {
    return pathForTools(file, this.#view.cwd, this.#view.roots);
  }
}

/** Where the image lies below the directory that applies first; null when that is not known. */
function pathOf(image: string, directories: readonly string[]): string | null {
  if (image.startsWith("/")) return posix.normalize(image);
  const [directory] = directories;
  return directory === undefined ? null : posix.join(directory, image);
}
