/**
 * The region.yaml that the first `casemate up` writes: every field, with a comment a new operator can act on.
 */

export interface InitialSettings {
  readonly name: string;
  readonly id: string;
  readonly listen: string;
}

/** One of the sixteen /14 ranges of 10.64.0.0/10, by the region's id, so that regions side by side seldom meet. */
export function defaultPool(id: string): string {
  const digit = Number.parseInt(id.slice(-1), 16);
  return `10.${64 + 4 * (Number.isNaN(digit) ? 0 : digit)}.0.0/14`;
}

export function defaultConfigText({ name, id, listen }: InitialSettings): string {
  return `# This region. 'casemate up' reads it each time it starts; a change takes effect at the next 'casemate up'.

# Part of every ledger's origin (${name}.casemate.internal): cannot change later.
name: ${name}

# Tells this region from others on the same machine: cannot change later.
id: ${id}

# Where the API answers. 0.0.0.0:6443 makes it reachable from other machines.
listen: ${JSON.stringify(listen)}

# Further names and addresses that clients reach the API by; the server's certificate names them.
advertise: []

network:
  # IPv4 addresses of this machine that Forwards may publish instances' ports on. Empty: all of them.
  forwardAddresses: []
  # Ranges that networks are taken from; each takes a /24 unless it asks for another. Regions side by side on one
  # machine need ranges of their own.
  pools: [${defaultPool(id)}]
  # Whether a FirewallPolicy may let instances reach past the region at all, where an Interconnection is declared (docs/seal.md).
  egress: false

# What leaves the region undeclared (docs/seal.md): enforced drops it, observed only counts it.
seal: enforced

postgres:
  # embedded: the region runs its own, under its data folder.
  # external: an existing one; then also   url: postgresql://casemate@db.example/casemate
  mode: embedded

incus:
  # embedded: the region runs its own, under its data folder.
  # external: an existing one; then also   socket: /var/lib/incus/unix.socket
  #   or, on another machine and without networks (docs/operations.md), url, clientCertificate, clientKey, serverCertificate
  # none: no instances, images or networks.
  mode: embedded

keys:
  # How the region's master key lies on disk. file: in the clear, in a file that only the region's account reads; whoever takes the
  # disk has it. passphrase, shares: sealed, and the region starts sealed until somebody opens it (docs/trust.md, "Keys").
  seal: file
  # Where organizations' root keys come from: software, or the name of one of hsms.
  roots: software
  # Hardware security modules by PKCS#11, each with name, module, token, pinFile (docs/trust.md, "Keys").
  hsms: []

ledger:
  # Networks where witnesses may be (10.20.0.0/16): Witness objects make the region send checkpoints there. Empty: to nowhere.
  witnessNetworks: []

time:
  # The region serves its own time to instances, at port 123 of their gateways (docs/seal.md, "Time"). none: it does not.
  mode: embedded
  # Where it comes from, best three or more, so that one that is wrong shows:
  #   - server: 203.0.113.123              by address, and with an Interconnection; nts: /path/of/authorities.pem  for NTS only
  #   - refclock: PPS /dev/pps0 lock NMEA  a clock on this machine, as in chrony.conf(5)
  # Empty: this machine's clock, as it is.
  sources: []
  # Whether the region sets this machine's clock by that. Only where nothing else does.
  setsClock: false
  # Milliseconds that this machine's clock may be away from the sources before it is an alarm.
  offset_ms: 128

objects:
  # Where S3 clients connect (docs/storage.md): at the address of listen, 1037 above its port, 7480 beside 6443. For others:
  #   listen: 0.0.0.0   port: 7480
  backend:
    # Where the bytes of objects lie, encrypted in any case. filesystem: under the data folder.
    # s3: a server below; then also endpoint, bucket, credentialsFile, and certificateAuthority, region where it has them.
    type: filesystem

# Where each change is archived as it is made, encrypted, and backups lie (docs/backup.md). None where nothing is said:
# backup:
#   folder: /mnt/backup             on another disk, or another machine's
#   recipient: age1…                casemate backup key --out FILE prints it; FILE restores
#   acknowledge: archived           a change waits until it is there, too; local: the folder follows

storage:
  # Where embedded Incus keeps instances: a btrfs pool in one file, of this size. It is sparse: it takes what is used.
  size: 30GiB
`;
}
