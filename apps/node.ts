/**
 * Brings services to life in this process: stores, HSM, pipelines, relays, timed work, listeners, and takes them down
 * in the reverse order. One code for every shape: `all.ts` gives it every service and the front door, `service.ts`
 * one of them.
 */

import { X509Certificate } from 'node:crypto';
import { Recorder } from '../platform/audit/recorder.ts';
import { OutboxRelay } from '../platform/audit/relay.ts';
import { WriterReports } from '../platform/audit/writer-report.ts';
import { PrincipalDirectory } from '../platform/authz/directory.ts';
import { OrganizationView } from '../platform/authz/organization.ts';
import { HttpTransport } from '../platform/client/http.ts';
import { createReceiver } from '../platform/client/receiver.ts';
import type { Config } from '../platform/config/config.ts';
import type { ServiceName } from '../platform/contract/operation.ts';
import type { Dependency } from '../platform/http/express-app.ts';
import { createListener } from '../platform/http/server.ts';
import type { Logger } from '../platform/observe/log.ts';
import { createMetrics, type Metrics } from '../platform/observe/metrics.ts';
import { ChangeHub } from '../platform/runtime/change-hub.ts';
import { steadyClock, systemClock } from '../platform/runtime/clock.ts';
import { createIds } from '../platform/runtime/ids.ts';
import { JobRunner } from '../platform/runtime/job-runner.ts';
import { PageTokens } from '../platform/runtime/page-token.ts';
import { Pipeline } from '../platform/runtime/pipeline.ts';
import { RestoreHold } from '../platform/runtime/restore-hold.ts';
import type { AnyService, Platform, ServiceSettings } from '../platform/runtime/service.ts';
import { openStore, type Store } from '../platform/store/index.ts';
import type { ServiceThread } from './audit-thread.ts';
import { authorizationFeed, organizationFeed } from './authentication.ts';
import { type Clients, createClients, RoutedTransport } from './clients.ts';
import { type DataFolders, ensureCertificates, ensureFolders } from './files.ts';
import { hsmState, type NodeHsm, openHsm } from './hsm.ts';
import { openPkiListener } from './pki-listener.ts';

export interface NodeOptions {
  config: Config;
  log: Logger;
  services: readonly AnyService[];
  /** micro: the name whose certificate and internal address this process uses. */
  identity: ServiceName | 'gateway' | undefined;
  frontDoor: boolean;
  /** Another thread of this process with further services; both serve each other. */
  thread?: ServiceThread;
  /** Called when a service was prepared, with its dependencies: first-run work that needs files. */
  onPrepared?(service: AnyService, deps: unknown, folders: DataFolders): Promise<void>;
}

export interface RunningNode {
  stop(): Promise<void>;
}

/** What every part of a node shares. */
export interface NodeContext {
  config: Config;
  log: Logger;
  folders: DataFolders;
  clock: typeof systemClock;
  ids: ReturnType<typeof createIds>;
  hub: ChangeHub;
  metrics: Metrics;
  directory: PrincipalDirectory;
  organization: OrganizationView;
  transport: RoutedTransport;
  clients: Clients;
  dependencies: Dependency[];
  /** Timed work, which asks other services: begins when all of this node are there. */
  runners: JobRunner<unknown>[];
  hold: RestoreHold;
}

export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, log, identity } = options;
  const clock = systemClock;
  const now = () => clock.now();
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const step of stops.reverse()) await step();
  };
  try {
    const folders = ensureFolders(config.dataFolder);
    const stores = new Map<AnyService, Store<unknown>>();
    // The stores come first: they tell a second start on the same folder before anything is touched.
    for (const service of options.services) {
      const store = await openStore<unknown>({
        service: service.name,
        url: config.database,
        folder: folders.root,
        clock,
        migrations: service.migrations,
        logger: log,
        onFatal: (error) => {
          log.fatal({ err: error.message }, 'the disk reported an error: ending');
          process.exit(1);
        },
      });
      stores.set(service, store);
      stops.push(() => store.close());
    }
    const leaf = ensureCertificates(folders, identity ? { service: identity } : { host: config.listen.host }, now);
    const ids = createIds(clock);
    const hub = new ChangeHub();
    const names = options.services.map((service) => service.name);
    const peers =
      identity && new HttpTransport(config.services, { ca: leaf.ca, cert: leaf.certificate, key: leaf.key });
    stops.push(() => peers?.close());
    const transport = new RoutedTransport(names, peers ?? options.thread?.link);
    if (options.thread) {
      const { thread } = options;
      stops.push(() => thread.stop());
      thread.link.serve(
        options.services.flatMap((service) => service.operations),
        (invocation) => transport.local.invoke(invocation),
      );
    }
    const clients = createClients(transport, identity ?? 'gateway', clock, ids);
    const directory = new PrincipalDirectory({ feed: authorizationFeed(clients.iam), clock: steadyClock, hub });
    const organization = new OrganizationView({ feed: organizationFeed(clients.org), clock: steadyClock, hub, log });
    const context: NodeContext = {
      config,
      log,
      folders,
      clock,
      ids,
      hub,
      metrics: createMetrics(),
      directory,
      organization,
      transport,
      clients,
      dependencies: [],
      runners: [],
      hold: new RestoreHold({
        ...{ dataFolder: config.dataFolder, clock, log },
        ask: () => clients.audit.GetRestoreState({}),
      }),
    };
    if (options.services.length > 0) {
      const hsm = await openHsm(config, folders);
      stops.push(() => hsm.close());
      context.dependencies.push({ name: 'hsm', check: () => hsmState(hsm) });
      for (const service of options.services) {
        stops.push(await startService(context, service, stores.get(service) as Store<unknown>, hsm, options));
      }
    }
    await options.thread?.ready;
    directory.start();
    stops.push(() => directory.stop());
    organization.start();
    stops.push(() => organization.stop());
    // Before anything is served or done by itself.
    await context.hold.start();
    stops.push(() => context.hold.stop());
    for (const runner of context.runners) runner.start();
    if (identity && identity !== 'gateway')
      stops.push(await openReceiver(context, options.services[0] as AnyService, leaf));
    // Loaded only where it is needed: express and the API description are most of what a start reads.
    const door = options.frontDoor ? await import('./front-door.ts') : undefined;
    if (door) stops.push(await door.openFrontDoor(context, identity ? listenerOf(context) : leaf));
    if (door) stops.push(await openPkiListener(context));
    return { stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }

  function listenerOf(context: NodeContext) {
    return ensureCertificates(context.folders, { host: config.listen.host }, now);
  }
}

async function startService(
  context: NodeContext,
  service: AnyService,
  store: Store<unknown>,
  hsm: NodeHsm,
  options: NodeOptions,
): Promise<() => Promise<void>> {
  const { config, clock, ids, hub, directory, organization, transport, metrics, hold } = context;
  const log = context.log.child({ service: service.name });
  const clients = createClients(transport, service.name, clock, ids);
  const boot = ids.uuidv7();
  const relay = new OutboxRelay({
    store,
    clock,
    log,
    node: nodeName(service),
    registry: metrics.registry,
    send: async (Records) => {
      await clients.audit.IngestRecords({ Records });
    },
  });
  const recorder = new Recorder(store, { node: nodeName(service), boot, region: config.region }, () => relay.wake());
  const settings: ServiceSettings = {
    region: config.region,
    partition: config.partition,
    endpoint: `https://${config.listen.host}:${config.listen.port}`,
    dataFolder: config.dataFolder,
  };
  const platform: Platform<unknown, Clients> = {
    store,
    hsm,
    clients,
    clock,
    ids,
    hub,
    log,
    directory,
    organization,
    recorder,
    pages: new PageTokens(await hsm.mac('page-tokens', Buffer.from(service.name))),
    settings,
    metrics,
  };
  const deps = await service.createDeps(platform);
  const pipeline = new Pipeline({
    service: service.name,
    region: config.region,
    handlers: service.handlers,
    deps,
    store,
    recorder,
    directory,
    organization,
    clock,
    ids,
    log,
    metrics,
    requestKey: await hsm.mac('idempotency', Buffer.from(service.name)),
    hold,
  });
  transport.local.register(service.name, pipeline.execute);
  await service.prepare?.(deps);
  await options.onPrepared?.(service, deps, context.folders);
  let afterwards: (() => void) | undefined;
  hold.follow({
    store,
    work: async (tx) => {
      afterwards = await service.afterRestore?.(tx, deps);
    },
    done: () => afterwards?.(),
  });
  const runner = new JobRunner({
    ...{ jobs: service.jobs ?? [], deps, store, owner: boot, log, now: () => clock.now() },
    held: () => hold.reason !== undefined,
  });
  context.runners.push(runner);
  const reports = new WriterReports({ recorder, store, clock, ids, log, service: service.name, boot });
  await reports.start();
  relay.start();
  context.dependencies.push({ name: `store:${service.name}`, check: () => store.health() });
  return async () => {
    await runner.stop();
    await reports.stop();
    await relay.stop();
    await service.close?.(deps);
  };
}

function nodeName(service: AnyService): string {
  return `${service.name}-${process.pid}`;
}

/** The mTLS listener of one service. */
async function openReceiver(
  context: NodeContext,
  service: AnyService,
  leaf: { key: string; certificate: string; ca: string },
): Promise<() => Promise<void>> {
  const address = context.config.services[service.name];
  if (!address) throw new Error(`PARAPET_SERVICES has no address for ${service.name}`);
  const listener = createListener(
    {
      ...address,
      tls: {
        key: leaf.key,
        certificate: leaf.certificate,
        clientAuthorities: [leaf.ca],
        requireClientCertificate: true,
        serviceAuthority: new X509Certificate(leaf.ca),
      },
      newId: () => context.ids.uuidv7(),
      now: () => context.clock.now(),
    },
    createReceiver(service.operations, (invocation) => context.transport.local.invoke(invocation)),
  );
  await listener.start();
  context.log.info({ service: service.name, ...address }, 'service ready');
  return async () => {
    await listener.stop(context.config.drainSeconds * 1000);
  };
}
