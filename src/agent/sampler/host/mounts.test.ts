import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTAINER_MOUNTINFO, HOME_SERVER } from "./fixtures.ts";
import { parseMountinfo, realFilesystems } from "./mounts.ts";

const points = (text: string) => realFilesystems(parseMountinfo(text)).map(({ point }) => point);

test("realFilesystems() takes each disk's filesystem once: no bind mounts, subvolumes, images, memory, containers", () => {
  assert.deepEqual(points(HOME_SERVER.mountinfo), ["/", "/boot/efi", "/srv/my files", "/mnt/pool", "/tank"]);
});

test("realFilesystems() goes nowhere near a network filesystem or an automounter, not even past one", () => {
  const found = points(HOME_SERVER.mountinfo);
  for (const point of ["/mnt/nas", "/mnt/nas/stick", "/mnt/photos", "/misc", "/misc/old"]) {
    assert.ok(!found.includes(point), point);
  }
});

test("realFilesystems() tells a container's root, and not the files that its host lends it", () => {
  assert.deepEqual(points(CONTAINER_MOUNTINFO), ["/"]);
});

test("realFilesystems() counts what was mounted last at a place, and the shortest path of several", () => {
  const text = `1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:2 / /data rw - ext4 /dev/sda2 rw
3 1 0:9 / /data rw - nfs4 server:/ rw
4 1 8:3 / /mnt/long/way rw - xfs /dev/sda3 rw
5 1 8:3 / /mnt/x rw - xfs /dev/sda3 rw
6 1 8:1 / /mnt/root rw - ext4 /dev/sda1 rw
`;
  assert.deepEqual(points(text), ["/", "/mnt/x"]);
});

test("realFilesystems() knows a root that an image-based system mounts from a directory of its disk", () => {
  const text = `1 0 8:1 /ostree/deploy/os/0 / rw - xfs /dev/sda1 rw
2 1 8:1 / /sysroot ro - xfs /dev/sda1 rw
`;
  assert.deepEqual(points(text), ["/"]);
});
