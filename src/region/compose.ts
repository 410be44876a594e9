/**
 * The composition root: opens everything a region is made of, in order, and closes it in reverse. Knows how parts fit
 * together and nothing of what they do.
 */
import { hostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import { noVaults, vaultClient } from '#engines/fscrypt/client.ts';
import { filterClient, noFilter, noSeal, sealClient } from '#engines/nftables/client.ts';
import { API_PORT } from '#engines/nftables/workload-ports.ts';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import { FolderSource } from '#gap/advisories/store/folder.ts';
import { gapFolders } from '#gap/import/folders.ts';
import type { Authenticator } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import { systemRandom } from '#kernel/random.ts';
import { StoreEventRecorder } from '#kernel/reconcile/event-recorder.ts';
import { garbageCollector } from '#kernel/reconcile/garbage-collector.ts';
import { leadControllers } from '#kernel/reconcile/lead-controllers.ts';
import { startControllers } from '#kernel/reconcile/start-controllers.ts';
import { KindRegistry } from '#kernel/registry.ts';
import type { Service } from '#kernel/service.ts';
import { type OpenRealms, openRealms } from '#kernel/store/realms.ts';
import { sweepNowAndThen } from '#kernel/store/sweep-records.ts';
import { ledgerSource } from '#kernel/wire/ledger-source.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { instanceWorkloads } from '#services/compute/identity/workloads.ts';
import { Instance } from '#services/compute/instance.ts';
import { followInstances } from '#services/compute/metrics/follow.ts';
import { instanceNames } from '#services/network/instance-names.ts';
import { openEncryptedPools } from '#services/storage/encrypted-pools.ts';
import { Event } from '#services/tenancy/event.ts';
import { Secret } from '#services/tenancy/secret.ts';
import { type AccessAuthorizer, accessAuthorizer } from '#trust/access/authorizer.ts';
import { openAcme } from '#trust/acme/acme.ts';
import { bootstrapTrust } from '#trust/bootstrap.ts';
import { regionIssuers } from '#trust/certificates/issuers.ts';
import { importedIssuers } from '#trust/certificates/region-issuer.ts';
import { regionIssuerController } from '#trust/certificates/region-issuer-controller.ts';
import { regionNames, rootConstraints } from '#trust/certificates/server-identity.ts';
import { certificateThreads } from '#trust/certificates/task-threads.ts';
import { certificateAuthenticator } from '#trust/identity/authenticator.ts';
import { openIdentity } from '#trust/identity/identity.ts';
import { tokenOrCertificate } from '#trust/identity/token-authenticator.ts';
import { keyBackends } from '#trust/keys/backends.ts';
import { type KeyFacts, keyFacts } from '#trust/keys/facts.ts';
import { type Keyring, softwareKeyring } from '#trust/keys/keyring.ts';
import { keptPin } from '#trust/keys/provider/owned.ts';
import { rootedAuthenticator, rootedAuthorizer } from '#trust/keys/provider/rooted.ts';
import { operatorAuthorizer } from '#trust/operators/authorizer.ts';
import { operatorSessions } from '#trust/operators/holder.ts';
import { keptRecordings } from '#trust/operators/recording/kept.ts';
import { recordedTerminals } from '#trust/operators/recording/recorded-terminals.ts';
import { realmSealing } from '#trust/realm-sealing.ts';
import { openAbout } from './about/open.ts';
import { tellRestored } from './backup/restored.ts';
import { bringInBaseContent } from './base-content/bring-in.ts';
import type { RegionConfig } from './config/schema.ts';
import { consoleRoute } from './console/route.ts';
import { openDatabase } from './database.ts';
import { noEngine, openEngine, whyNoEncryption, whyNoEngine } from './engine.ts';
import { isRemote, WHY_NO_NETWORKS } from './external-incus.ts';
import { openHsms } from './hsms.ts';
import type { Layout } from './layout.ts';
import { loopLoad } from './loop-load.ts';
import { instancesPort, objectsDomain } from './objects/places.ts';
import { objectsServing } from './objects/serving.ts';
import { programVersion } from './program.ts';
import { renewHourly } from './renewal.ts';
import { repositoriesSocket } from './repositories.ts';
import { settingsFlows } from './seal-flows.ts';
import { openMasterKey } from './sealed.ts';
import { parseListen, serverNames } from './server-names.ts';
import { regionServices } from './services.ts';
import { apiUrl, publicUrl } from './status.ts';
import type { SealNews } from './supervisor/definition.ts';
import { timeOf } from './time.ts';

export interface RunningRegion {
  /** What does not work here, and why. */
  readonly notes: readonly string[];
  readonly keys: KeyFacts;
  /** Stops taking requests, lets what runs end, and closes the engines. */
  close(): Promise<void>;
}

export interface ComposeOptions {
  readonly layout: Layout;
  readonly config: RegionConfig;
  /** Where the state is. */
  readonly database: PostgresConnection;
  readonly imageFolder: string;
  /** Whether an Incus is, or is about to be, where the settings say. */
  readonly hasIncus: boolean;
  /** Whether a root agent applies packet filters here. */
  readonly hasFilter: boolean;
  /** Whether a root agent opens encrypted pools of volumes here. */
  readonly hasEncryption: boolean;
  /** Whether the region's own chronyd is, or is about to be, there. */
  readonly hasTime: boolean;
  /** Called when the first operator's kubeconfig may be another one: whoever owns the region has a copy. */
  handOver(): void;
  /** Called with why the region waits to be unsealed, and with undefined when it was. */
  onSealed(reason: string | undefined): void;
  /** Called with how the seal of the air gap is. */
  onSeal(news: SealNews): void;
  readonly logger: Logger;
}

/** Opens the region; resolves when the API answers and everything behind it is in place. */
export async function openRegion(options: ComposeOptions): Promise<RunningRegion> {
  const { layout, config, imageFolder, logger } = options;
  const clock = systemClock;
  const random = systemRandom;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const masterKey = await openMasterKey({ layout, config, clock, logger, onSealed: options.onSealed });
    // Incus comes up meanwhile, and waits itself until its encrypted pools are open.
    const engineOpening = options.hasIncus
      ? openEngine(layout, config, clock)
      : Promise.resolve(noEngine(config, clock));
    // What is wrong with it is heard below, where it is awaited.
    closers.push(() =>
      engineOpening.then(
        ({ incus }) => incus.close(),
        () => {},
      ),
    );
    engineOpening.catch(() => {});
    const postgres = await openDatabase(options.database, clock, logger);
    closers.push(() => postgres.close());
    const certificates = certificateThreads(clock);
    closers.push(() => certificates.close());
    const hsms = openHsms({
      layout,
      config,
      masterKey,
      clock,
      keptPin: (hsm): Promise<string | undefined> => keptPin(keyring.material, hsm),
    });
    closers.push(() => hsms.close());
    const keyring: Keyring = softwareKeyring({
      region: config.name,
      storage: postgres.keys,
      masterKey,
      roots: hsms.roots,
      clock,
      certificates,
    });
    closers.push(() => keyring.close());

    const vaults = options.hasEncryption
      ? vaultClient(layout.run.encryption, layout.encrypted)
      : noVaults(whyNoEncryption(config) ?? 'only root can encrypt volumes');
    await openEncryptedPools({ vaults, material: keyring.material }, logger);
    const engine = await engineOpening;

    const keys = keyBackends(keyring, hsms.backend);
    const facts = await keyFacts({
      seal: config.keys.seal,
      masterKey: masterKey.id,
      rootsOfNewOrganizations: config.keys.roots,
      providers: hsms.providers,
    });

    const whyNoFilter = isRemote(config)
      ? WHY_NO_NETWORKS
      : `${whyNoEngine(config)}, and so no packet filter`;
    const declaredBySettings = await settingsFlows(config, options.database, (problem) =>
      logger.warn({ problem }, 'the seal lets nothing out to where objects should lie'),
    );

    const instanceMetrics = followInstances({ incus: engine.incus, clock, logger });
    closers.push(() => instanceMetrics.stop());

    // Made anew each time this process comes to lead: what controllers remember is true only while they run.
    const makeServices = () =>
      regionServices({
        config,
        keyring,
        certificates,
        issuers: () => issuers,
        keys,
        keyProviders: { keyring, owned: hsms.owned, software: hsms.software },
        incus: engine.incus,
        vaults,
        instanceMetrics,
        filter: options.hasFilter ? filterClient(layout.run.firewall) : noFilter(whyNoFilter),
        seal: options.hasFilter ? sealClient(layout.run.firewall) : noSeal(whyNoFilter),
        settingsFlows: declaredBySettings,
        time: options.hasTime ? timeOf(config, imageFolder) : undefined,
        onSeal: options.onSeal,
        names: hostsFolder(layout.names),
        imageFolder,
        advisories: new FolderSource(layout.advisories),
        gapFolder: layout.gap,
        releasesFolder: layout.releases,
        advisoryFolder: layout.advisories,
        receiverSocket: layout.run.receiver,
        inspectorSocket: layout.run.inspector,
        starterSocket: layout.run.starter,
        zonesSocket: layout.run.zones,
        repositoriesSocket: repositoriesSocket(layout),
        objects: objectsServing({
          layout,
          config,
          issuers: () => issuers,
          clock,
          hasGateways: options.hasFilter && !isRemote(config),
        }),
        objectsAtGateways:
          options.hasFilter && !isRemote(config)
            ? { port: instancesPort(config), domain: objectsDomain(config.name) }
            : undefined,
        clock,
        random,
        logger,
        organizationKinds: () => registry.servedIn('organization'),
        registry: () => registry,
        realms: () => realms,
        authenticator: () => authenticator,
        authorizer: () => authorizer,
        accessLog: () => realms.access,
        logs: () => realms.logs,
        eraser: () => realms.access,
        bodies: () => realms.bodies,
        records: () => realms.records,
        recordings: () => recordings,
        gateways: () => ({
          realms,
          tokens: identity.tokens,
          accessLog: realms.access,
          ca: trust.ca,
          serverName: `${config.name}.casemate.internal`,
          takeConnection: (connection) => server.take(connection),
          isEverywhere: isEverywhere(config.listen),
          clock,
          random,
          logger,
        }),
      });
    const services = makeServices();
    const registry: KindRegistry = new KindRegistry(services.flatMap((service) => service.kinds));
    const realms: OpenRealms = await openRealms({
      registry,
      storage: postgres.log,
      keyring,
      admissions: services.flatMap((service) => service.admissions ?? []),
      clock,
      random,
      // An embedded database serves this process only: there is one listening address, and one supervisor.
      isAlone: () => config.postgres.mode === 'embedded',
      onFault: (what, error) => logger.error({ err: error }, what),
    });
    closers.push(() => realms.close());
    const recordings = keptRecordings(
      postgres.pieces,
      realmSealing({ realms, keyring, storage: postgres.keys }),
    );
    const authorizer: AccessAuthorizer = operatorAuthorizer(accessAuthorizer({ realms, registry, clock }), {
      realms,
      clock,
    });

    const issuers = regionIssuers({
      region: config.name,
      keyring,
      constraints: rootConstraints(serverNames(config)),
      ownNames: regionNames(serverNames(config)),
      apiUrl: () => publicUrl(config),
      clock,
      certificates,
      offline: importedIssuers(realms),
    });
    const establishTrust = () =>
      bootstrapTrust({
        folder: layout.keys,
        names: serverNames(config),
        region: config.name,
        server: apiUrl(config.listen),
        soleOperator: config.soleOperator === true,
        realms,
        keyring,
        issuers,
        clock,
        random,
      });
    const trust = await establishTrust();
    await tellRestored({
      keys: layout.keys,
      realms,
      accessLog: realms.access,
      listRealms: () => postgres.log.listRealms(),
      random,
    });
    const identity = openIdentity({
      apiUrl: publicUrl(config),
      hostNames: serverNames(config).dnsNames,
      realms,
      authorizer,
      secretKind: Secret,
      accessLog: realms.access,
      keyring,
      storage: postgres.keys,
      records: postgres.records,
      clock,
      logger,
      backChannel: { ca: trust.ca },
      workloads: instanceWorkloads,
    });
    closers.push(sweepNowAndThen(postgres.records, clock, logger));
    const acme = openAcme({
      apiUrl: () => publicUrl(config),
      hostNames: serverNames(config).dnsNames,
      realms,
      keyring,
      storage: postgres.keys,
      records: identity.records,
      issuers,
      names: instanceNames(Instance),
      accessLog: realms.access,
      clock,
      logger,
      certificates,
    });
    const events = new StoreEventRecorder({ realms, kind: Event, clock, random, logger });
    const controllers = leadControllers({
      claims: postgres.claims,
      start: () =>
        startControllers({
          realms,
          controllers: [
            ...makeServices().flatMap((service) => service.controllers ?? []),
            ...identity.controllers(),
            regionIssuerController({
              region: config.name,
              keyring,
              issuers,
              constraints: rootConstraints(serverNames(config)),
              clock,
            }),
          ],
          workers: [garbageCollector(() => registry.all())],
          events,
          clock,
          random,
          logger,
        }),
      onChange: (leads) => logger.info({ leads }, leads ? 'runs the controllers' : 'runs no controllers'),
    });
    closers.push(() => controllers.stop());

    const authenticator: Authenticator = rootedAuthenticator(
      tokenOrCertificate(
        identity.authenticator,
        certificateAuthenticator({ realms, keyring, clock, holders: [operatorSessions] }),
      ),
      keyring,
    );
    const rooted = rootedAuthorizer(authorizer, keyring);
    const about = openAbout({
      name: config.name,
      authority: trust.ca,
      folder: layout.data,
      processes: layout.run.processes,
      clock,
      realms,
      authenticator,
      authorizer: rooted,
      accessLog: realms.access,
    });
    closers.push(about.stop);
    const server = createApiServer({
      registry,
      realms,
      authenticator,
      authorizer: rooted,
      accessLog: realms.access,
      connectors: recordedTerminals(
        { ...connectorsOf(services), ...identity.connectors, ...acme.connectors },
        { realms, recordings, clock, random },
      ),
      reviews: Object.assign({}, ...services.map((service) => service.reviews ?? {})),
      routes: [
        ...services.flatMap((service) => service.routes ?? []),
        ...identity.routes,
        ...acme.routes,
        consoleRoute(),
        about.route,
      ],
      tls: { key: trust.key, cert: trust.certificate },
      ledger: ledgerSource(realms.logs),
      clock,
      random,
      logger,
      version: { casemate: programVersion(), keys: { ...facts } },
      load: loopLoad(),
      ...(config.requestsPerSecond === undefined ? {} : { rate: rateOf(config.requestsPerSecond) }),
    });
    await server.listen(parseListen(config.listen));
    closers.push(() => server.close());
    const stopRenewing = renewHourly(clock, logger, {
      establish: establishTrust,
      serveWith: ({ key, certificate }) => server.renewTls({ key, cert: certificate }),
      handOver: options.handOver,
    });
    closers.push(stopRenewing);
    const notes = engine.problem === undefined ? [] : [engine.problem];
    if (isRemote(config)) notes.push(`no networks, firewall policies or forwards: ${WHY_NO_NETWORKS}`);
    const { inbox } = gapFolders(layout.gap);
    const hasEngine = engine.problem === undefined;
    notes.push(...(await bringInBaseContent({ realms, inbox, hasEngine, clock, random })));
    return { notes, keys: facts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether the API is at gateways by itself. */
function isEverywhere(listen: string): boolean {
  const { host, port } = parseListen(listen);
  return port === API_PORT && (host === '0.0.0.0' || host === '::');
}

/** Three seconds' worth at once. */
const rateOf = (perSecond: number) => ({ perSecond, burst: 3 * perSecond });

function connectorsOf(services: readonly Service[]) {
  return Object.assign({}, ...services.map((service) => service.connectors ?? {}));
}
