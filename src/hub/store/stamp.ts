// Times in names of files.

/** A time as a part of a file's name: 20261123T204500Z. */
export function stamp(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
}
