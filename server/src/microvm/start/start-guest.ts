import type { Value } from "../../nix/eval/value.ts";
import type { Evaluation } from "../../nix/modules/evaluate.ts";
import type { Field } from "../model.ts";
import { asBoolean, asInteger, asString, attributeOf, orNull } from "../read.ts";
import type { GuestStart } from "./start.ts";
import { readInitrd, readMounts, readPersistence, unseenModule } from "./start-host.ts";
import { at, attribute, listed, named, TextReader } from "./texts.ts";
import { readUnits } from "./units.ts";

/** What a guest's modules say of its start. */
export function readGuestStart(evaluation: Evaluation): GuestStart {
  const reader = new TextReader(evaluation.request.evaluator.files);
  const option = evaluation.option(["microvm", "preStart"]);
  const final = option?.final() ?? [];
  const systemd = attributeOf(evaluation, "systemd");
  return {
    unseen: unseenModule(evaluation),
    preStart: option ? reader.text(option.value.force(), final.at(-1)?.at ?? null) : { state: "missing" },
    preStartParts: final
      .filter(({ at: place, value }) => place !== null || value.type !== "string" || value.value !== "")
      .map(({ value, at: place, conditional }) => ({ value: reader.text(value, place), conditional, at: place })),
    mounts: readMounts(attributeOf(evaluation, "fileSystems"), reader),
    persistence: readPersistence(evaluation, reader),
    luks: named(at(attributeOf(evaluation, "boot"), "initrd", "luks", "devices"), (device) => ({
      device: attribute(device, "device", asString),
    })),
    swap: listed(attributeOf(evaluation, "swapDevices"), null, (device) => ({
      device: attribute(device, "device", asString),
      label: attribute(device, "label", orNull(asString)),
      sizeMiB: attribute(device, "size", orNull(asInteger)),
    })),
    repart: repartOf(systemd, at(attributeOf(evaluation, "boot"), "initrd", "systemd", "repart")),
    units: readUnits(systemd, reader, comesBeforeMounts),
    initrd: readInitrd(evaluation, reader),
  };
}

function repartOf(systemd: Value | undefined, initrd: Value | undefined): Field<boolean> {
  for (const repart of [initrd, at(systemd, "repart")]) {
    const enabled = repart ? attribute(repart, "enable", asBoolean) : null;
    if (enabled && enabled.state !== "missing" && !(enabled.state === "set" && !enabled.value)) return enabled;
    const partitions = at(repart, "partitions");
    if (partitions?.type === "attrs" && partitions.entries.size > 0) return { state: "default", value: true };
  }
  return { state: "missing" };
}

const early =
  /(\.mount|local-fs\.target|local-fs-pre\.target|sysinit\.target|systemd-fsck.*|swap\.target|\.swap|\.device)$/;
const ordering = ["before", "requiredBy", "wantedBy", "bindsTo"] as const;

/** Only units that come before a mount bear on what is mounted: the others are not looked at. */
function comesBeforeMounts(unit: Value, name: string): boolean {
  if (name.endsWith(".mount")) return true;
  return ordering.some((relation) => {
    const names = at(unit, relation);
    if (names?.type !== "list") return names?.type === "unknown";
    return names.items.some(({ thunk }) => {
      const other = thunk.force();
      return other.type !== "string" || early.test(other.value);
    });
  });
}
