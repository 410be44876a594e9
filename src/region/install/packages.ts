/**
 * The Debian packages a region on one machine is made of, as data: what each is for, and how to see that it is there.
 * A package counts as present when its file is, so a machine that got it another way is left as it is.
 */
import listed from './packages.json' with { type: 'json' };

export type PackagePurpose = 'store' | 'compute' | 'encryption' | 'network' | 'image' | 'backup' | 'test';

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
  /** For whoever reads the list. */
  readonly why?: string;
}

/** What stops working without a purpose's packages, for the message that says so. */
export const PURPOSE: Readonly<Record<PackagePurpose, { readonly without: string }>> = {
  store: { without: 'no region can start: PostgreSQL keeps its state' },
  compute: { without: 'instances and images do not run; everything else does' },
  encryption: { without: 'volumes are not encrypted where they lie; everything else works' },
  network: { without: 'networks, firewall rules and forwards are not applied; everything else works' },
  image: { without: 'the base image cannot be built here; one that is already in the cache still works' },
  backup: { without: 'nothing that a BackupPlan names is backed up or restored; everything else works' },
  test: { without: 'some tests fail' },
};

/** As a file of data, because the release before reads it, and runs nothing of this one (`gap/release/tree.ts`). */
export const PACKAGES = listed as readonly RequiredPackage[];

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
  // Clients of objects.
  { name: 'awscli', purpose: 'test', files: ['/usr/bin/aws'] },
  { name: 's3cmd', purpose: 'test', files: ['/usr/bin/s3cmd'] },
  { name: 'rclone', purpose: 'test', files: ['/usr/bin/rclone'] },
  { name: 'curl', purpose: 'test', files: ['/usr/bin/curl'] },
  // For pages, driven by playwright-core: Chromium without the windows of its own that nobody would see.
  { name: 'chromium-headless-shell', purpose: 'test', files: ['/usr/bin/chromium-headless-shell'] },
];
