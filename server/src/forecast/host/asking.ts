import { parentOf } from "../../shell/state/files.ts";

/** Directories of which everybody knows that they are there, and whose content is no matter of a guest. */
const elsewhere = /^\/(nix|proc|sys|dev|bin|usr|run\/(current-system|wrappers|booted-system))(\/|$)/;
const common = new Set(["/", "/etc", "/home", "/root", "/run", "/tmp", "/var", "/var/lib", "/var/cache", "/var/log"]);

/** Whether a host is asked for this path; in /tmp and /run too much happens for a watch. */
export function isWorthAsking(path: string): boolean {
  return !isPlaceOfSystem(path) && !/^\/(tmp|run)\/[^/]*$/.test(path) && !/[*?[]/.test(path);
}

/** It is where NixOS has it, and no link to anything of a guest. */
export function isPlaceOfSystem(path: string): boolean {
  return elsewhere.test(path) || common.has(path) || parentOf(path) === path;
}

/** What is there was made since the last boot, by what is declared: where nothing else was seen, it is no link to elsewhere. */
export function isEmptiedAtBoot(path: string): boolean {
  return /^\/(run|tmp)\//.test(path);
}
