/** The private CA as it runs, over SQLite in a temporary folder or PostgreSQL, with a memory HSM: real pipeline, real policies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hsm } from '../../../hsm/port.ts';
import { Recorder } from '../../../platform/audit/recorder.ts';
import { PrincipalDirectory } from '../../../platform/authz/directory.ts';
import type { PrincipalSnapshot } from '../../../platform/authz/principal.ts';
import { LocalTransport } from '../../../platform/client/local.ts';
import { createClient, serviceCaller } from '../../../platform/client/transport.ts';
import type { ProjectState } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation, InputOf, OutputOf } from '../../../platform/contract/operation.ts';
import { createLogger } from '../../../platform/observe/log.ts';
import { createMetrics } from '../../../platform/observe/metrics.ts';
import type { Caller, Origin } from '../../../platform/runtime/call.ts';
import { ChangeHub } from '../../../platform/runtime/change-hub.ts';
import { createIds } from '../../../platform/runtime/ids.ts';
import { PageTokens } from '../../../platform/runtime/page-token.ts';
import { Pipeline } from '../../../platform/runtime/pipeline.ts';
import { openStore, type Store } from '../../../platform/store/index.ts';
import { ACCOUNT, ADMIN_POLICY, type AuditRecord, KmsHarness, REGION } from '../../kms/testing/harness.ts';
import { pcaOperations } from '../api/index.ts';
import type { PcaDeps } from '../deps.ts';
import { definePca, type PcaOptions } from '../index.ts';
import type { PcaTables } from '../store/tables.ts';

export { document, OTHER_ACCOUNT } from '../../kms/testing/harness.ts';

type Operations = typeof pcaOperations;
export type PcaClient = {
  [N in keyof Operations]: (input: InputOf<Operations[N]>, on?: Partial<Origin>) => Promise<OutputOf<Operations[N]>>;
};

export class PcaHarness {
  /** Lends its principals, its HSM and its clock. */
  readonly kms: KmsHarness;
  readonly store: Store<PcaTables>;
  readonly deps: PcaDeps;
  readonly projects: Map<string, ProjectState>;
  /** Why nothing may be changed: a restore that nobody declared. */
  readonly hold: { reason: string | undefined };
  private readonly principals: Map<string, PrincipalSnapshot>;
  private readonly hub: ChangeHub;
  private readonly transport: LocalTransport;
  private readonly folder: string | undefined;

  private constructor(parts: {
    kms: KmsHarness;
    store: Store<PcaTables>;
    deps: PcaDeps;
    projects: Map<string, ProjectState>;
    hold: { reason: string | undefined };
    principals: Map<string, PrincipalSnapshot>;
    hub: ChangeHub;
    transport: LocalTransport;
    folder: string | undefined;
  }) {
    this.kms = parts.kms;
    this.store = parts.store;
    this.deps = parts.deps;
    this.projects = parts.projects;
    this.hold = parts.hold;
    this.principals = parts.principals;
    this.hub = parts.hub;
    this.transport = parts.transport;
    this.folder = parts.folder;
  }

  /** `hsm`: in the place of the memory HSM; `folder`: one that stays. The caller closes both. */
  static async open(
    options: { url?: string; hsm?: Hsm; folder?: string } & Partial<PcaOptions> = {},
  ): Promise<PcaHarness> {
    const { pkiUrl = 'http://pki.example.com', shards = 4, stores = new Map(), reportStores = new Map() } = options;
    const { acme = { networks: [], resolvers: [], ports: { http: 80, tls: 443 } } } = options;
    const { outsideNetworks = ['127.0.0.0/8'] } = options;
    const pcaService = definePca({ pkiUrl, shards, stores, reportStores, acme, outsideNetworks });
    const principals = new Map<string, PrincipalSnapshot>();
    const projects = new Map<string, ProjectState>();
    const kms = await KmsHarness.open({ principals, projects });
    const clock = { now: () => kms.now };
    const ids = createIds(clock);
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'pca-test-'));
    const log = createLogger({ level: 'silent', name: 'pca-test' });
    const hub = new ChangeHub();
    const metrics = createMetrics();
    const feed = {
      snapshot: async (id: string) => principals.get(id),
      session: async () => undefined,
      changes: async (since: number) => ({ version: since, accounts: [] }),
    };
    const directory = new PrincipalDirectory({ feed, clock, hub });
    const { organization } = kms.organization;
    const { migrations } = pcaService;
    const store = await openStore<PcaTables>({ service: 'pca', folder, url: options.url, clock, migrations });
    const writer = { node: 'test', boot: ids.uuidv7(), region: REGION };
    const recorder = new Recorder(store as never, writer, () => undefined);
    const transport = new LocalTransport();
    const itself = createClient(pcaOperations, transport, {
      service: 'pca',
      now: () => kms.now,
      newId: () => ids.uuidv7(),
    });
    const deps = await pcaService.createDeps({
      store,
      hsm: options.hsm ?? kms.hsm,
      clients: { iam: kms.deps.clients.iam, pca: itself },
      clock,
      ids,
      hub,
      log,
      directory,
      organization,
      recorder,
      pages: new PageTokens(Buffer.alloc(32, 7)),
      settings: { region: REGION, partition: 'aws', endpoint: 'https://localhost', dataFolder: folder },
      metrics,
    });
    const hold = { reason: undefined };
    const pipeline = new Pipeline({
      service: 'pca',
      region: REGION,
      handlers: pcaService.handlers,
      deps,
      store,
      recorder,
      directory,
      organization,
      clock,
      ids,
      log,
      metrics,
      requestKey: Buffer.alloc(32, 9),
      hold,
    });
    transport.register('pca', pipeline.execute);
    return new PcaHarness({
      kms,
      store,
      deps,
      projects,
      hold,
      principals,
      hub,
      transport,
      folder: options.folder ? undefined : folder,
    });
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.kms.close();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }

  /** A user with an identity policy, or the root user of the account under the name `root`. */
  user(name: string, policy: object = ADMIN_POLICY, accountId = ACCOUNT): PcaClient {
    const { caller } = this.kms.call(name, policy, accountId);
    this.hub.publish(accountId);
    return this.client(caller);
  }

  /** The user does not exist any more. */
  endUser(name: string): void {
    for (const [id, { Arn, AccountId }] of this.principals)
      if (Arn.endsWith(`:user/${name}`)) {
        this.principals.delete(id);
        this.hub.publish(AccountId);
      }
  }

  /** As one of our own services. */
  internal(): PcaClient {
    return this.client(serviceCaller('org'));
  }

  private client(caller: Caller): PcaClient {
    const client: Record<string, unknown> = {};
    for (const operation of Object.values(pcaOperations) as AnyOperation[]) {
      client[operation.name] = (input: unknown, on: Partial<Origin> = {}) =>
        this.transport.invoke({
          operation,
          caller,
          origin: {
            requestId: this.deps.ids.uuidv7(),
            sourceIp: '192.0.2.1',
            userAgent: 'test',
            receivedAt: this.kms.now,
            protocol: 'native',
            ...on,
          },
          input,
        });
    }
    return client as PcaClient;
  }

  async records(): Promise<AuditRecord[]> {
    const rows = await this.store.readOutbox(10_000);
    return rows.map((row) => JSON.parse(row.record) as AuditRecord);
  }

  /** Writes to the database behind the back of the service. */
  tamper(work: (db: Store<PcaTables>['read']) => Promise<unknown>): Promise<unknown> {
    return this.store.transaction(async (tx) => work(tx));
  }
}
