// Which filesystems of a machine are worth telling, from /proc/self/mountinfo: those that keep files on a disk of this
// machine, each once.

/** A line of mountinfo. */
export interface Mount {
  /** "8:1": the same for all mounts of one filesystem. */
  device: string;
  /** The directory of the filesystem that is mounted; not "/" for a bind mount or a subvolume. */
  root: string;
  point: string;
  type: string;
}

/** Filesystems on disks here. Read-only images (squashfs, iso9660, erofs) are always full, and nobody can do anything about it. */
const LOCAL = new Set(
  (
    "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs nilfs2 vfat msdos exfat ntfs ntfs3 fuseblk hfsplus ubifs " +
    "jffs2 ufs"
  ).split(" "),
);
/** Filesystems that answer from memory: a path may lead through them. Through a network's or an automounter's it may hang. */
const HARMLESS = new Set([...LOCAL, "rootfs", "tmpfs", "ramfs", "devtmpfs", "overlay", "squashfs", "erofs", "iso9660"]);
/** Places where container managers mount what belongs to their containers. */
const OF_CONTAINERS = /^\/(?:var\/lib\/(?:docker|containers|containerd|kubelet|lxd|incus)|var\/snap|snap)\//;

/** Reads mountinfo; what is not a whole line is left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    // Any number of optional fields stand before the dash.
    const dash = fields.indexOf("-", 6);
    const [, , device, root, point] = fields;
    const type = fields[dash + 1];
    if (dash < 0 || !device || !root || !point || !type) continue;
    mounts.push({ device, root: unescape(root), point: unescape(point), type });
  }
  return mounts;
}

/**
 * One mount for each real filesystem. Of several mounts of one filesystem "/" is taken, else the shortest path. A filesystem
 * that is here only by bind mounts of its directories (the files that a container gets from its host) is left out.
 */
export function realFilesystems(mounts: readonly Mount[]): Mount[] {
  // What was mounted later hides what was there before.
  const visible = new Map(mounts.map((mount) => [mount.point, mount]));
  const chosen = new Map<string, Mount>();
  for (const mount of visible.values()) {
    if (!isReal(mount) || !isReachable(mount.point, visible)) continue;
    const known = chosen.get(mount.device);
    if (known === undefined || rank(mount) < rank(known)) chosen.set(mount.device, mount);
  }
  return [...chosen.values()];
}

function isReal({ root, point, type }: Mount): boolean {
  // The root of a container, and of a live system, is an overlay: the fullness of what lies below it.
  if (type === "overlay") return point === "/";
  if (!LOCAL.has(type) || OF_CONTAINERS.test(point)) return false;
  // Subvolumes are mounted by their directory, and an image-based system mounts "/" so.
  return root === "/" || type === "btrfs" || point === "/";
}

/** Whether the way there leads through nothing that may hang. */
function isReachable(point: string, visible: ReadonlyMap<string, Mount>): boolean {
  for (let slash = point.lastIndexOf("/"); slash >= 0; slash = point.lastIndexOf("/", slash - 1)) {
    const above = visible.get(slash === 0 ? "/" : point.slice(0, slash));
    if (above !== undefined && above.point !== point && !HARMLESS.has(above.type)) return false;
    if (slash === 0) break;
  }
  return true;
}

function rank({ point }: Mount): number {
  return point === "/" ? 0 : point.length;
}

/** Blanks, tabs, newlines and backslashes are written as three octal digits. */
function unescape(text: string): string {
  return text.includes("\\") ? text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => fromOctal(octal)) : text;
}

function fromOctal(octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}
