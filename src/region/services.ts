/**
 * Which services this region offers: one line each. Everything they need is made in `compose.ts`.
 */
import { noTime } from '#engines/chrony/client.ts';
import type { HostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import type { VaultClient } from '#engines/fscrypt/client.ts';
import { connectIncus, type Incus } from '#engines/incus/client.ts';
import type { FilterClient, SealClient } from '#engines/nftables/client.ts';
import { hostAddresses } from '#engines/nftables/host-addresses.ts';
import type { SealFlow } from '#engines/nftables/seal/model.ts';
import { advisoriesService } from '#gap/advisories/service.ts';
import type { AdvisorySource } from '#gap/advisories/store/folder.ts';
import { askedAt } from '#gap/confined/start.ts';
import { exportService } from '#gap/export/service.ts';
import { ContentStore } from '#gap/import/content-store.ts';
import { gapFolders } from '#gap/import/folders.ts';
import { importService } from '#gap/import/service.ts';
import { inventoryService } from '#gap/inventory/service.ts';
import { mirrorService } from '#gap/mirror/service.ts';
import { releaseService } from '#gap/release/service.ts';
import { sealService } from '#gap/seal/service.ts';
import { zonesProber } from '#gap/seal/zones/probe-zones.ts';
import type { AccessEraser, AccessLog, Authenticator } from '#kernel/access.ts';
import type { BodyEraser, RecordEraser } from '#kernel/bodies.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import type { Service } from '#kernel/service.ts';
import type { RealmLogs } from '#kernel/store/realm-logs.ts';
import { openedBy, startedAt as repositoryAt } from '#services/backup/engine/session.ts';
import { backupService } from '#services/backup/service.ts';
import { bucketSource } from '#services/backup/sources/bucket.ts';
import { engineSources } from '#services/backup/sources/engine-service.ts';
import { enteringGuard } from '#services/compute/identity/entering.ts';
import { type RegionParts, workloadIdentityService } from '#services/compute/identity/service.ts';
import { Instance } from '#services/compute/instance.ts';
import { lastRestoreOf } from '#services/compute/leftover/find.ts';
import type { InstanceMetrics } from '#services/compute/metrics/follow.ts';
import { computeService } from '#services/compute/service.ts';
import { Network } from '#services/network/network.ts';
import { networkService } from '#services/network/service.ts';
import { type ObjectsServing, objectsService } from '#services/objects/service.ts';
import { removeEncryptedPools } from '#services/storage/encrypted-pools.ts';
import { storageService } from '#services/storage/service.ts';
import { Event } from '#services/tenancy/event.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Organization } from '#services/tenancy/organization.ts';
import { tenancyService } from '#services/tenancy/service.ts';
import type { AccessAuthorizer } from '#trust/access/authorizer.ts';
import { accessService } from '#trust/access/service.ts';
import { revokeIssuersOf } from '#trust/acme/cessation.ts';
import { approvalsService } from '#trust/approvals/service.ts';
import type { RegionIssuers } from '#trust/certificates/issuers.ts';
import type { CertificateTasks } from '#trust/certificates/tasks.ts';
import { tokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import type { Backends } from '#trust/keys/key/crypt.ts';
import type { Keyring } from '#trust/keys/keyring.ts';
import type { ProvidersOptions } from '#trust/keys/provider/controller.ts';
import { keysService } from '#trust/keys/service.ts';
import { retentionService } from '#trust/ledger/service.ts';
import type { KeptRecordings } from '#trust/operators/recording/kept.ts';
import { operatorsService } from '#trust/operators/service.ts';
import { trustService } from '#trust/service.ts';
import { witnessClient } from '#trust/witness/client.ts';
import { witnessService } from '#trust/witness/service.ts';
import { RegionRestore, restoreService } from './backup/restored.ts';
import { catalogueController } from './base-content/catalogue.ts';
import { publishedOrIn } from './base-content/image-files.ts';
import type { RegionConfig } from './config/schema.ts';
import { poolSize_bytes } from './engine.ts';
import { isRemote, WHY_NO_NETWORKS } from './external-incus.ts';
import { pingProgram } from './install/unpack.ts';
import { runningHere } from './releases/running.ts';
import { instanceAtAddress, networkResolvers, whoseAddress } from './seal-flows.ts';
import { insideProber } from './seal-inside.ts';
import type { SealNews } from './supervisor/definition.ts';
import { type RegionTimeService, whyNoTime } from './time.ts';
import { ownParts, runningInstances } from './vulnerable-subjects.ts';

export interface ServiceParts {
  readonly config: RegionConfig;
  readonly keyring: Keyring;
  readonly certificates: CertificateTasks;
  readonly issuers: () => RegionIssuers;
  /** What holds tenants' Keys. */
  readonly keys: Backends;
  /** Organizations' own HSMs. */
  readonly keyProviders: ProvidersOptions;
  readonly incus: Incus;
  /** What encrypts volumes. */
  readonly vaults: VaultClient;
  /** Absent: instances are not measured. */
  readonly instanceMetrics?: InstanceMetrics | undefined;
  readonly filter: FilterClient;
  readonly seal: SealClient;
  readonly settingsFlows: readonly SealFlow[];
  /** The region's own time; undefined where it keeps none. */
  readonly time?: RegionTimeService | undefined;
  /** Tells whoever asks for the region's status. */
  readonly onSeal: (news: SealNews) => void;
  readonly names: HostsFolder;
  readonly imageFolder: string;
  /** Where the newest advisory data comes from. */
  readonly advisories: AdvisorySource;
  /** Where bundles arrive and lie. */
  readonly gapFolder: string;
  /** Where releases of Casemate are installed, by whoever owns the region. */
  readonly releasesFolder: string;
  readonly advisoryFolder: string;
  /** Where a receiver of bundles is asked for. */
  readonly receiverSocket: string;
  /** Where a process that looks into what is to leave is asked for. */
  readonly inspectorSocket: string;
  readonly starterSocket: string;
  /** Where a process that tries to leave from networks is asked for. */
  readonly zonesSocket: string;
  /** Where a process at a repository of tenants' backups is asked for. */
  readonly repositoriesSocket: string;
  /** How the process that serves objects is run. */
  readonly objects: ObjectsServing;
  /** Where instances find them; undefined where there are no gateways. */
  readonly objectsAtGateways?: { readonly port: number; readonly domain: string } | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Kinds that organizations serve; not to be called before all services are made. */
  readonly organizationKinds: () => readonly Kind[];
  /** These neither. */
  readonly registry: () => KindRegistry;
  readonly realms: () => Realms;
  readonly authenticator: () => Authenticator;
  readonly authorizer: () => AccessAuthorizer;
  readonly accessLog: () => AccessLog;
  readonly logs: () => RealmLogs;
  readonly eraser: () => AccessEraser;
  readonly bodies: () => BodyEraser;
  readonly records: () => RecordEraser;
  readonly recordings: () => KeptRecordings;
  /** What networks' gateways are served with. */
  readonly gateways: () => RegionParts;
}

export function regionServices(parts: ServiceParts): readonly Service[] {
  const {
    config,
    keyring,
    certificates,
    issuers,
    keys,
    keyProviders,
    incus,
    vaults,
    instanceMetrics,
    filter,
    seal,
    settingsFlows,
    time,
    onSeal,
    names,
    imageFolder,
    advisories,
    gapFolder,
    releasesFolder,
    advisoryFolder,
    receiverSocket,
    inspectorSocket,
    starterSocket,
    zonesSocket,
    repositoriesSocket,
    objects,
    objectsAtGateways,
    clock,
    random,
    logger,
    organizationKinds,
    registry,
    realms,
    authenticator,
    authorizer,
    accessLog,
    logs,
    eraser,
    bodies,
    records,
    recordings,
    gateways,
  } = parts;
  const { pools, forwardAddresses, egress } = config.network;
  const addresses = forwardAddresses.length > 0 ? forwardAddresses : hostAddresses();
  const common = { incus, clock, logger, regionId: config.id };
  const rights = tokenRights({ registry, clock });
  const mirror = mirrorService({
    folder: gapFolder,
    region: config.name,
    material: keyring.material,
    networkKind: Network,
    clock,
    logger,
  });
  const network = networkService({
    ...common,
    incus: isRemote(config) ? connectIncus({ absent: WHY_NO_NETWORKS }, clock) : incus,
    filter,
    names,
    instanceKind: Instance,
    realms,
    pools,
    forwardAddresses: addresses,
    egress,
    gatewayNames: [mirror.hostName],
    objects: objectsAtGateways,
    ...(time === undefined ? {} : { timePort: time.port }),
  });
  const ownBuckets = {
    endpoint: objects.endpoint,
    certificateAuthority: async () => (await issuers().server()).ca,
  };
  const content = new ContentStore(gapFolders(gapFolder).content);
  const lastRestore = lastRestoreOf(RegionRestore);
  const inEngine = engineSources({ ...common, random, realms, lastRestore });
  const imageFile = publishedOrIn(imageFolder, content);
  return [
    accessService({ projectKind: Namespace, clock, registry, realms, authorizer }),
    approvalsService({ projectKind: Namespace, clock, registry, realms }),
    operatorsService({ eventKind: Event, keyring, certificates, clock, registry, realms, recordings }),
    trustService({ keyring }),
    keysService({ backends: keys, providers: keyProviders, realms, accessLog, logs, clock }),
    retentionService({ eraser, bodies, records }),
    witnessService({ logs, client: witnessClient(config.ledger.witnessNetworks, clock) }),
    tenancyService({
      kinds: organizationKinds,
      keyring,
      async beforeDestroying(organization, { realm, change }) {
        await removeEncryptedPools({ vaults }, common, organization);
        await revokeIssuersOf({ issuers: issuers(), clock }, organization, realm, change);
      },
    }),
    computeService({
      ...common,
      imageFile,
      checkEntering: enteringGuard(realms, rights),
      vendorData: mirror.vendorData,
      ...(instanceMetrics === undefined ? {} : { metrics: instanceMetrics }),
      lastRestore,
    }),
    storageService({
      ...common,
      lastRestore,
      encryption: { vaults, material: keyring.material, poolSize_bytes: poolSize_bytes(config) },
    }),
    workloadIdentityService({
      rights,
      parts: gateways,
      ports: { regionId: config.id, portOf: network.portOf },
      logger,
    }),
    network,
    objectsService({
      keyring,
      backends: keys,
      rights,
      serving: objects,
      certificateAuthority: ownBuckets.certificateAuthority,
      organizationKind: Organization,
      realms,
      authenticator,
      authorizer,
      accessLog,
      clock,
      random,
      logger,
    }),
    backupService({
      keyring,
      rights,
      ...ownBuckets,
      sources: [bucketSource(ownBuckets), ...inEngine.sources],
      open: openedBy(repositoryAt(repositoriesSocket)),
      realms,
      authorizer,
      accessLog,
      clock,
    }),
    inEngine.service,
    mirror,
    advisoriesService({
      source: advisories,
      organizations: runningInstances(incus),
      region: ownParts(imageFile),
      imported: { content, folder: advisoryFolder, organizationKind: Organization, logger },
    }),
    { name: 'base-content', kinds: [], controllers: [catalogueController({ content, logger })] },
    restoreService(),
    releaseService({
      folder: gapFolder,
      releases: releasesFolder,
      running: () => runningHere(config),
      starterSocket,
    }),
    importService({
      folder: gapFolder,
      advisoryFolder,
      receiverSocket,
      logs,
      clock,
      upload: { realms, authenticator, authorizer, accessLog },
    }),
    inventoryService({ folder: gapFolder, clock, realms }),
    exportService({ folder: gapFolder, keyring, realms, inspectorSocket, clock }),
    sealService({
      client: seal,
      regionId: config.id,
      settingsFlows,
      whose: whoseAddress,
      instanceAt: instanceAtAddress,
      resolvers: networkResolvers,
      ping: pingProgram(imageFolder),
      probeInside: insideProber({ incus, accessLog, clock, logger }),
      probeZones: zonesProber(askedAt(zonesSocket), seal, clock),
      onSeal,
      ...(config.sealEvery_s === undefined ? {} : { look_ms: 1_000 * config.sealEvery_s }),
      time: {
        client: time?.client ?? noTime(whyNoTime(config)),
        rules: { sources: time?.sources ?? 0, offset_ms_max: time?.offset_ms_max ?? 0 },
        ...(config.sealEvery_s === undefined ? {} : { look_ms: 1_000 * config.sealEvery_s }),
      },
      clock,
      realms,
    }),
  ];
}
