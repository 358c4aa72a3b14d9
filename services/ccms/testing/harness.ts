/** The vault as it runs, over SQLite in a temporary folder, with the real kms beside it: real pipelines, real policies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { ccmsOperations } from '../api/index.ts';
import type { CcmsClients, CcmsDeps } from '../deps.ts';
import { defineCcms } from '../index.ts';
import type { CcmsTables } from '../store/tables.ts';
import { AccessKeys } from './access-keys.ts';
import { ServiceRoles } from './service-roles.ts';

export {
  ADMIN_POLICY,
  document,
  failure,
  NO_POLICY,
  OTHER_ACCOUNT,
  toAccount,
} from '../../kms/testing/harness.ts';

type Operations = typeof ccmsOperations;
export type VaultClient = {
  [N in keyof Operations]: (input: InputOf<Operations[N]>, on?: Partial<Origin>) => Promise<OutputOf<Operations[N]>>;
};

export interface VaultOptions {
  keyCacheSeconds?: number;
  revocationHold?: boolean;
  /** PostgreSQL instead of SQLite. */
  url?: string;
  /** Default: this machine and sockets, where the databases of tests are. */
  targetNetworks?: readonly string[];
}

export class VaultHarness {
  readonly kms: KmsHarness;
  readonly roles: ServiceRoles;
  readonly accessKeys: AccessKeys;
  readonly store: Store<CcmsTables>;
  readonly deps: CcmsDeps;
  private readonly hub: ChangeHub;
  private readonly transport: LocalTransport;
  private readonly folder: string;
  private readonly close_: () => Promise<void>;
  private tokens = 0;

  private constructor(parts: {
    kms: KmsHarness;
    roles: ServiceRoles;
    accessKeys: AccessKeys;
    store: Store<CcmsTables>;
    deps: CcmsDeps;
    hub: ChangeHub;
    transport: LocalTransport;
    folder: string;
    close: () => Promise<void>;
  }) {
    this.kms = parts.kms;
    this.roles = parts.roles;
    this.accessKeys = parts.accessKeys;
    this.store = parts.store;
    this.deps = parts.deps;
    this.hub = parts.hub;
    this.transport = parts.transport;
    this.folder = parts.folder;
    this.close_ = parts.close;
  }

  static async open(options: VaultOptions = {}): Promise<VaultHarness> {
    const principals = new Map<string, PrincipalSnapshot>();
    const projects = new Map<string, ProjectState>();
    const roles = new ServiceRoles(principals, () => clock.now());
    const accessKeys = new AccessKeys(ACCOUNT, () => clock.now());
    const kms = await KmsHarness.open({ principals, projects, sessions: roles.sessions });
    const clock = { now: () => kms.now };
    const ids = createIds(clock);
    const folder = mkdtempSync(join(tmpdir(), 'ccms-test-'));
    const log = createLogger({ level: 'silent', name: 'ccms-test' });
    const hub = new ChangeHub();
    const metrics = createMetrics();
    const feed = {
      snapshot: async (id: string) => principals.get(id),
      session: async (id: string) => roles.sessions.get(id),
      changes: async (since: number) => ({ version: since, accounts: [] }),
    };
    const directory = new PrincipalDirectory({ feed, clock, hub });
    const { organization } = kms.organization;
    const service = defineCcms({
      keyCacheSeconds: options.keyCacheSeconds ?? 0,
      targetNetworks: options.targetNetworks ?? ['127.0.0.0/8', '::1/128', 'sockets'],
      revocationHold: options.revocationHold ?? false,
    });
    const store = await openStore<CcmsTables>({
      service: 'ccms',
      folder,
      url: options.url,
      clock,
      migrations: service.migrations,
    });
    const writer = { node: 'test', boot: ids.uuidv7(), region: REGION };
    const recorder = new Recorder(store as never, writer, () => undefined);
    const transport = new LocalTransport();
    const from = { service: 'ccms' as const, now: clock.now, newId: () => ids.uuidv7() };
    const clients: CcmsClients = {
      kms: kms.as('ccms'),
      ccms: createClient(ccmsOperations, transport, from),
      iam: {
        ...kms.deps.clients.iam,
        DescribeServiceRole: roles.DescribeServiceRole,
        OpenServiceSession: roles.OpenServiceSession,
        CreateAccessKey: accessKeys.CreateAccessKey,
        ListAccessKeys: accessKeys.ListAccessKeys,
        UpdateAccessKey: accessKeys.UpdateAccessKey,
        DeleteAccessKey: accessKeys.DeleteAccessKey,
        GetAccessKeyLastUsed: accessKeys.GetAccessKeyLastUsed,
        GetSigningKey: accessKeys.GetSigningKey,
      },
    };
    const deps = await service.createDeps({
      store,
      hsm: kms.hsm,
      clients,
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
    const pipeline = new Pipeline({
      service: 'ccms',
      region: REGION,
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
      requestKey: Buffer.alloc(32, 9),
    });
    transport.register('ccms', pipeline.execute);
    const close = async () => {
      await service.close?.(deps);
      await store.close();
    };
    return new VaultHarness({ kms, roles, accessKeys, store, deps, hub, transport, folder, close });
  }

  async close(): Promise<void> {
    await this.close_();
    await this.kms.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A user with an identity policy, or the root user of the account under the name `root`. */
  user(name: string, policy: object = ADMIN_POLICY, accountId = ACCOUNT): VaultClient {
    const { caller } = this.kms.call(name, policy, accountId);
    this.hub.publish(accountId);
    return this.client(caller);
  }

  /** A role in which the vault may act; again to change what it may do. Answers its ARN. */
  role(name: string, policy: object = ADMIN_POLICY, accountId = ACCOUNT, trusted = true): string {
    const arn = this.roles.set(name, policy, accountId, trusted);
    this.hub.publish(accountId);
    this.kms.forget(accountId);
    return arn;
  }

  /** After a principal was changed through the harness of kms. */
  announce(accountId = ACCOUNT): void {
    this.hub.publish(accountId);
  }

  /** As one of our own services. */
  internal(): VaultClient {
    return this.client(serviceCaller('org'));
  }

  client(caller: Caller): VaultClient {
    const client: Record<string, unknown> = {};
    for (const operation of Object.values(ccmsOperations) as AnyOperation[]) {
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
    return client as VaultClient;
  }

  /** A token that was not used before. */
  token(): string {
    this.tokens++;
    return `token-${String(this.tokens).padStart(30, '0')}`;
  }

  async records(): Promise<AuditRecord[]> {
    const rows = await this.store.readOutbox(10_000);
    return rows.map((row) => JSON.parse(row.record) as AuditRecord);
  }

  async lastRecord(): Promise<AuditRecord> {
    return (await this.records()).at(-1)!;
  }

  /** Writes to the database behind the back of the service. */
  tamper(work: (db: Store<CcmsTables>['read']) => Promise<unknown>): Promise<unknown> {
    return this.store.transaction(async (tx) => work(tx));
  }
}
