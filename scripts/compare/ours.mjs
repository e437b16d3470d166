// Our own reading of a folder, in the form that compare-with-nix.mjs compares.
import { loadServer } from "./server.mjs";

/** Guests with `{ known, value, why, missing }` for each field. */
export async function readWorkspace(folder) {
  const { readDeclarations, DiskFiles, parser, placeSpan } = await loadServer();
  const files = new DiskFiles(parser, [folder]);
  const started = performance.now();
  const declarations = readDeclarations({ files, parser, roots: [folder], openFiles: [] });
  const milliseconds = performance.now() - started;
  const why = (unknown, depth = 0) => {
    const w = unknown.why;
    const span = placeSpan(unknown.at);
    const at = span ? `@${span.file.replace(`${folder}/`, "")}:${span.start}` : "";
    if (w.reason === "input") return `${w.via}${at} <- ${depth > 20 ? "…" : why(w.of, depth + 1)}`;
    if (w.reason === "undecided") return `undecided(${depth > 20 ? "…" : why(w.condition, depth + 1)})`;
    return `${JSON.stringify(w)}${at}`;
  };
  const field = (f) =>
    f.state === "unknown"
      ? { known: false, why: why(f.unknown) }
      : f.state === "missing"
        ? { known: true, missing: true, value: undefined }
        : { known: true, value: f.value };
  const guests = declarations.guests.map((g) => ({
    name: g.name,
    host: g.host,
    nameFrom: g.nameFrom,
    inRoot: placeSpan(g.at)?.file === `${folder}/flake.nix`,
    hostName: field(g.hostName),
    hypervisor: field(g.hypervisor),
    writableStoreOverlay: field(g.writableStoreOverlay),
    storeOnDisk: field(g.storeOnDisk),
    open: g.volumesOpen ? why(g.volumesOpen) : null,
    volumes: g.volumes.map((v) => ({
      position: v.position,
      conditional: v.conditional ? why(v.conditional) : null,
      image: field(v.image),
      size: field(v.sizeMiB),
      mountPoint: field(v.mountPoint),
      fsType: field(v.fsType),
      label: field(v.label),
      autoCreate: field(v.autoCreate),
      readOnly: field(v.readOnly),
      serial: field(v.serial),
      imageType: field(v.imageType),
      mkfsExtraArgs: field(v.mkfsExtraArgs),
    })),
  }));
  return { guests, milliseconds, problems: declarations.problems.map((p) => `${p.what}: ${why(p.unknown)}`) };
}
