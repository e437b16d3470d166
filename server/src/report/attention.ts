import { severities } from "../rules/frame/rule.ts";
import type { StorageGuest, StorageVolume } from "./storage.ts";

/** A volume with its guest: one row of the overview. A guest without volumes has one row, too. */
export interface Row {
  readonly guest: StorageGuest;
  readonly volume: StorageVolume | null;
  /** Something about it needs attention. */
  readonly isUrgent: boolean;
  /** It is nearly full, or soon will be. */
  readonly isTight: boolean;
  /** Its place where rows are sorted by something else than by what needs attention. */
  readonly place: { readonly byName: number; readonly byFullness: number };
}

/** From this many percent on, and from this near an end on, a volume needs attention whatever the rules say. */
const tightPercent = 90;
const tightSeconds = 14 * 86_400;

/** The rows of some guests, what needs attention first: findings by weight, then what is full soonest, then what is fullest. */
export function rowsOf(guests: readonly StorageGuest[]): readonly Row[] {
  const rows = guests.flatMap((guest): Pick<Row, "guest" | "volume">[] =>
    guest.volumes.length === 0 ? [{ guest, volume: null }] : guest.volumes.map((volume) => ({ guest, volume })),
  );
  const byName = placesOf(rows, () => 0);
  const byFullness = placesOf(rows, ({ volume }) => -(fullness(volume) ?? -1));
  const byWeight = placesOf(rows, (row) => -weight(row.volume));
  return rows
    .map((row, index) => ({
      ...row,
      isUrgent: isTight(row.volume) || isFound(row.volume),
      isTight: isTight(row.volume),
      place: { byName: byName[index] ?? 0, byFullness: byFullness[index] ?? 0 },
      byWeight: byWeight[index] ?? 0,
    }))
    .sort((a, b) => a.byWeight - b.byWeight)
    .map(({ byWeight: _, ...row }) => row);
}

/** Seconds until it is full; null: not known, or not in sight. */
export function secondsLeft(volume: StorageVolume | null): number | null {
  const trend = volume?.past?.trend;
  return trend === undefined || typeof trend === "string" ? null : (trend.fullIn?.seconds ?? null);
}

/** Percent of space or of inodes, the higher of both; null: not known. */
export function fullness(volume: StorageVolume | null): number | null {
  const percents = [volume?.percent ?? null, volume?.inodePercent ?? null].filter((each) => each !== null);
  return percents.length === 0 ? null : Math.max(...percents);
}

function isFound(volume: StorageVolume | null): boolean {
  return volume?.worst === "error" || volume?.worst === "warning";
}

function isTight(volume: StorageVolume | null): boolean {
  return (fullness(volume) ?? 0) >= tightPercent || (secondsLeft(volume) ?? Number.POSITIVE_INFINITY) < tightSeconds;
}

function weight(volume: StorageVolume | null): number {
  if (volume === null) return -1;
  const found = volume.worst === null ? 0 : severities.indexOf(volume.worst) + 1;
  const days = (secondsLeft(volume) ?? 999 * 86_400) / 86_400;
  return found * 1e6 + Math.max(0, 999 - days) * 1e3 + (fullness(volume) ?? 0);
}

/** The place of each row when they are sorted ascending by a number, and by name where that is the same. */
function placesOf(
  rows: readonly Pick<Row, "guest" | "volume">[],
  key: (row: Pick<Row, "guest" | "volume">) => number,
): readonly number[] {
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const order = rows
    .map((row, index) => ({ row, index, key: key(row) }))
    .sort((a, b) => a.key - b.key || compare(a.row.guest.name, b.row.guest.name) || a.index - b.index);
  const places: number[] = [];
  for (const [place, { index }] of order.entries()) places[index] = place;
  return places;
}
