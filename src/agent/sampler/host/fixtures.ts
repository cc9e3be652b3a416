// Texts of /proc as machines of several kinds write them, for tests.

/** Debian 13 on a home server: NVMe, two disks in a RAID below LVM, docker, a bond of two ports with a VLAN. */
export const HOME_SERVER = {
  stat: `cpu  3763 20 3235 68927 445 7 61 12 90 10
cpu0 1355 10 1211 35633 29 3 11 2 45 5
cpu1 2408 10 2024 33294 416 4 50 10 45 5
intr 340744 0 0 0 25 1 1 14 0 0 0 0 76 60 0 18 1 72621
ctxt 933476
btime 1795671172
processes 7249
procs_running 2
procs_blocked 1
softirq 142297 0 10263 4 9603 72621 0 4 26623 0 23179
`,
  meminfo: `MemTotal:       16777216 kB
MemFree:         1048576 kB
MemAvailable:   12582912 kB
Buffers:          524288 kB
Cached:          2097152 kB
SwapCached:            0 kB
SwapTotal:       2097152 kB
SwapFree:        1572864 kB
SReclaimable:    1048576 kB
`,
  loadavg: "0.53 0.13 1.08 1/97 7251\n",
  fileNr: "1600\t100\t10000\n",
  snmp: `Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 8061
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 31 2 0 0 42 8061
`,
  pressure: `some avg10=7.25 avg60=2.54 avg300=1.53 total=10284508
full avg10=0.88 avg60=0.00 avg300=0.00 total=0
`,
  diskstats: `   7       0 loop0 12 0 80 3 0 0 0 0 0 4 3 0 0 0 0 0 0
 259       0 nvme0n1 57524 8861 2526946 9574 17939 53983 4043432 12258 0 7000 22199 4198 20 486880 308 1776 58
 259       1 nvme0n1p1 100 0 2000 5 1 0 8 0 0 5 5 0 0 0 0 0 0
 259       2 nvme0n1p2 57000 8861 2520000 9500 17900 53983 4043424 12200 0 6990 22100 4198 20 486880 308 1776 58
   8       0 sda 1000 10 80000 900 500 20 40000 700 0 1500 1600 0 0 0 0 100 10
   8       1 sda1 990 10 79000 890 500 20 40000 700 0 1490 1590 0 0 0 0 0 0
   8      16 sdb 1001 10 80100 910 500 20 40000 700 0 1510 1610 0 0 0 0 100 10
   9       0 md0 2000 0 160000 0 900 0 80000 0 0 0 0 0 0 0 0 0 0
 252       0 dm-0 1990 0 159000 2000 880 0 79000 1500 0 1400 3500 0 0 0 0 0 0
  11       0 sr0 3 0 8 1 0 0 0 0 0 1 1 0 0 0 0 0 0
 253       0 zram0 50 0 400 0 60 0 480 0 0 4 0 0 0 0 0 0 0
   1       0 ram0 0 0 0 0 0 0 0 0 0 0 0
`,
  netDev: `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  sit0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 1000000    1000    1    2    0     0          0        10   400000     500    3    4    0     0       0          0
  eth1: 1000001    1001    0    0    0     0          0        10   400001     501    0    0    0     0       0          0
 bond0: 2000001    2001    1    2    0     0          0        20   800001    1001    3    4    0     0       0          0
bond0.20: 500000     600    0    0    0     0          0         0   100000     200    0    0    0     0       0          0
tailscale0:  70000      80    0    0    0     0          0         0    60000      70    0    0    0     0       0          0
docker0:   10000     100    0    0    0     0          0         0    20000     200    0    0    0     0       0          0
veth3f2a91c:    6000      60    0    0    0     0          0         0    12000     120    0    0    0     0       0          0
vethb20c77e:    4000      40    0    1    0     0          0         0     8000      80    0    0    0     0       0          0
`,
  mountinfo: `21 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
23 28 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,size=8105808k,nr_inodes=2026452,mode=755
25 28 0:23 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=1630560k,mode=755
28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
40 28 259:1 / /boot/efi rw,relatime shared:30 - vfat /dev/nvme0n1p1 rw,fmask=0077
41 28 252:0 / /srv/my\\040files rw,relatime shared:31 master:1 - xfs /dev/mapper/vg0-files rw,attr2
42 28 252:0 /share /export/share rw,relatime shared:31 - xfs /dev/mapper/vg0-files rw,attr2
43 28 0:45 /@ /mnt/pool rw,relatime shared:33 - btrfs /dev/sdc rw,space_cache=v2,subvolid=256
44 28 0:45 /@snapshots /mnt/pool/.snapshots rw,relatime shared:34 - btrfs /dev/sdc rw,space_cache=v2,subvolid=257
45 28 0:46 / /tank rw,noatime shared:35 - zfs tank rw,xattr,posixacl
46 28 7:1 / /snap/core22/1122 ro,nodev,relatime shared:36 - squashfs /dev/loop1 ro
47 28 0:50 / /mnt/nas rw,relatime shared:37 - nfs4 nas.lan:/volume1 rw,vers=4.2,hard,proto=tcp
48 47 8:33 / /mnt/nas/stick rw,relatime shared:38 - ext4 /dev/sdc1 rw
49 28 0:51 / /mnt/photos rw,relatime shared:39 - fuse.sshfs me@nas:/photos rw,user_id=1000
50 28 0:60 / /var/lib/docker/overlay2/8f2c/merged rw,relatime shared:40 - overlay overlay rw,lowerdir=/x
51 28 0:61 / /misc rw,relatime shared:41 - autofs systemd-1 rw,fd=51
52 51 8:49 / /misc/old rw,relatime shared:42 - ext3 /dev/sdd1 rw
`,
};

/** A container: its root is an overlay, and three files are lent by the host. */
export const CONTAINER_MOUNTINFO = `612 502 0:58 / / rw,relatime master:250 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/AB,upperdir=/u,workdir=/w
613 612 0:61 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
614 612 0:62 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
615 614 0:63 / /dev/pts rw,nosuid,noexec,relatime - devpts devpts rw,gid=5,mode=620
616 612 0:64 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro
617 616 0:28 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate
618 612 8:1 /var/lib/docker/containers/1f/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw
619 612 8:1 /var/lib/docker/containers/1f/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw
620 612 8:1 /srv/data /data rw,relatime - ext4 /dev/sda1 rw
`;

/** CentOS 6, Linux 2.6.32: no MemAvailable, no steal beyond the eighth field, no blank after a colon, eleven disk fields. */
export const OLD_SERVER = {
  stat: "cpu  100 20 30 400 50 6 7 8 90\ncpu0 100 20 30 400 50 6 7 8 90\nintr 1 2\nprocs_running 1\nprocs_blocked 0\n",
  meminfo:
    "MemTotal:        1004412 kB\nMemFree:          100000 kB\nBuffers:           20000 kB\nCached:           300000 kB\n",
  diskstats:
    "   8    0 sda 5020 3048 251494 24604 1042 2092 25004 9540 0 9800 34136\n   8    1 sda1 491 211 3856 295 2 0 4 0 0 256 295\n 202    1 xvda1 10 0 80 5 20 0 160 5 0 10 10\n",
  netDev: `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:13760      160    0    0    0     0          0         0    13760     160    0    0    0     0       0          0
  eth0:3283823419 4101010    0    0    0     0          0         0 192837465 1201010    0    0    0     0       0          0
`,
};

/** /proc/stat of a machine with many cores, each of which has spent `busy` and `idle` ticks; an interrupt line of its length. */
export function manyCores(cores: number, busy: number, idle: number): string {
  const line = (name: string, factor: number) => `${name} ${busy * factor} 0 0 ${idle * factor} 0 0 0 0 0 0\n`;
  const each = Array.from({ length: cores }, (_, core) => line(`cpu${core}`, 1)).join("");
  return `${line("cpu ", cores)}${each}intr 12${" 0".repeat(20_000)}\nctxt 5\nprocs_running ${cores}\nprocs_blocked 0\n`;
}
