/**
 * The Debian packages a region on one machine is made of, as data: what each is for, and how to see that it is there.
 * A package counts as present when its file is, so a machine that got it another way is left as it is.
 */

export type PackagePurpose = 'store' | 'compute' | 'network' | 'image' | 'test';

export interface RequiredPackage {
  readonly name: string;
  readonly purpose: PackagePurpose;
  /** One of these must exist; `*` stands for one path segment's part. */
  readonly files: readonly string[];
  /** Only on machines that can run virtual machines. */
  readonly onlyWith?: 'virtualization';
  /** Comes from the backports suite on Debian releases whose main does not have it. */
  readonly fromBackports?: boolean;
  /** systemd units that must not come up on their own after a reboot: the region runs its own copy. */
  readonly units?: readonly string[];
}

/** What stops working without a purpose's packages, for the message that says so. */
export const PURPOSE: Readonly<Record<PackagePurpose, { readonly without: string }>> = {
  store: { without: 'no region can start: PostgreSQL keeps its state' },
  compute: { without: 'instances and images do not run; everything else does' },
  network: { without: 'networks, firewall rules and forwards are not applied; everything else works' },
  image: { without: 'the base image cannot be built here; one that is already in the cache still works' },
  test: { without: 'some tests fail' },
};

export const PACKAGES: readonly RequiredPackage[] = [
  {
    name: 'postgresql',
    purpose: 'store',
    files: ['/usr/lib/postgresql/*/bin/postgres'],
    units: ['postgresql.service'],
  },
  {
    name: 'incus-base',
    purpose: 'compute',
    files: ['/usr/libexec/incus/incusd'],
    fromBackports: true,
    units: [
      'incus.service',
      'incus.socket',
      'incus-startup.service',
      'incus-user.service',
      'incus-user.socket',
    ],
  },
  // Brings QEMU and firmware: only where machines can be run at all.
  {
    name: 'incus',
    purpose: 'compute',
    files: ['/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-system-aarch64'],
    onlyWith: 'virtualization',
    fromBackports: true,
  },
  { name: 'btrfs-progs', purpose: 'compute', files: ['/usr/bin/btrfs', '/bin/btrfs'] },
  { name: 'uidmap', purpose: 'compute', files: ['/usr/bin/newuidmap'] },
  { name: 'kmod', purpose: 'compute', files: ['/usr/sbin/modprobe', '/sbin/modprobe'] },
  { name: 'nftables', purpose: 'network', files: ['/usr/sbin/nft'] },
  { name: 'dnsmasq-base', purpose: 'network', files: ['/usr/sbin/dnsmasq'] },
  { name: 'iproute2', purpose: 'network', files: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'] },
  // What chrony is linked with, which is unpacked (`unpack.ts`).
  { name: 'libedit2', purpose: 'network', files: ['/usr/lib/*/libedit.so.2'] },
  { name: 'libseccomp2', purpose: 'network', files: ['/usr/lib/*/libseccomp.so.2'] },
  // Sign the index of the package mirror, which instances' apt verifies.
  { name: 'gpg', purpose: 'network', files: ['/usr/bin/gpg'] },
  { name: 'gpg-agent', purpose: 'network', files: ['/usr/bin/gpg-agent'] },
  { name: 'debootstrap', purpose: 'image', files: ['/usr/sbin/debootstrap'] },
  { name: 'zstd', purpose: 'image', files: ['/usr/bin/zstd'] },
  {
    name: 'debian-archive-keyring',
    purpose: 'image',
    files: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
  },
];

/** What the end-to-end tests need on top. */
export const TEST_PACKAGES: readonly RequiredPackage[] = [
  { name: 'openssh-client', purpose: 'test', files: ['/usr/bin/ssh'] },
  { name: 'openssl', purpose: 'test', files: ['/usr/bin/openssl'] },
  // Its timer would only look after certificates in /etc/letsencrypt, of which there are none.
  { name: 'certbot', purpose: 'test', files: ['/usr/bin/certbot'] },
  { name: 'iputils-ping', purpose: 'test', files: ['/usr/bin/ping', '/bin/ping'] },
  { name: 'strace', purpose: 'test', files: ['/usr/bin/strace'] },
  { name: 'git', purpose: 'test', files: ['/usr/bin/git'] },
  {
    name: 'python3-kubernetes',
    purpose: 'test',
    files: ['/usr/lib/python3/dist-packages/kubernetes/__init__.py'],
  },
  { name: 'bsdutils', purpose: 'test', files: ['/usr/bin/script'] },
  // Plays a recorded terminal back.
  { name: 'asciinema', purpose: 'test', files: ['/usr/bin/asciinema'] },
  // An HSM in software, and a tool that looks into it.
  { name: 'softhsm2', purpose: 'test', files: ['/usr/bin/softhsm2-util'] },
  { name: 'opensc', purpose: 'test', files: ['/usr/bin/pkcs11-tool'] },
  // Read what a bundle is made of.
  { name: 'skopeo', purpose: 'test', files: ['/usr/bin/skopeo'] },
  { name: 'umoci', purpose: 'test', files: ['/usr/bin/umoci'] },
  {
    name: 'docker-registry',
    purpose: 'test',
    files: ['/usr/bin/docker-registry'],
    units: ['docker-registry.service'],
  },
  // Opens what is exported.
  { name: 'age', purpose: 'test', files: ['/usr/bin/age'] },
  { name: 'unzip', purpose: 'test', files: ['/usr/bin/unzip'] },
  // For the sign-in pages, driven by playwright-core.
  { name: 'chromium', purpose: 'test', files: ['/usr/bin/chromium'] },
];
