/** The service as it runs, over SQLite in a temporary folder and a memory HSM: real pipeline, real policies. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryHsm, type MemoryHsm } from '../../../hsm/memory/memory.ts';
import { Recorder } from '../../../platform/audit/recorder.ts';
import { PrincipalDirectory } from '../../../platform/authz/directory.ts';
import type { PrincipalSnapshot, SessionSnapshot, SnapshotPolicy } from '../../../platform/authz/principal.ts';
import { TestOrganization } from '../../../platform/authz/testing/test-organization.ts';
import { type Client, createClient, type OnBehalf, serviceCaller } from '../../../platform/client/transport.ts';
import type { ProjectState } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation, InputOf, OutputOf, ServiceName } from '../../../platform/contract/operation.ts';
import type { RenewalState } from '../../../platform/contract/renewal.ts';
import { createLogger } from '../../../platform/observe/log.ts';
import { createMetrics, type Metrics } from '../../../platform/observe/metrics.ts';
import type { Caller, Origin } from '../../../platform/runtime/call.ts';
import { ChangeHub } from '../../../platform/runtime/change-hub.ts';
import { createIds } from '../../../platform/runtime/ids.ts';
import { PageTokens } from '../../../platform/runtime/page-token.ts';
import { Pipeline } from '../../../platform/runtime/pipeline.ts';
import { openStore, type Store } from '../../../platform/store/index.ts';
import { kmsOperations } from '../api/index.ts';
import type { KmsClients, KmsDeps } from '../deps.ts';
import { kmsService } from '../index.ts';
import type { KmsTables } from '../store/tables.ts';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'local-1';

/** Everything on everything. */
export const ADMIN_POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Nothing on anything of this service. */
export const NO_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'none:None', Resource: '*' }],
};

/** A policy document with these statements, as text. */
export function document(...Statement: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

/** The statement that hands a key to the identity policies of an account. */
export const toAccount = (accountId = ACCOUNT) => ({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${accountId}:root` },
  Action: 'kms:*',
  Resource: '*',
});

type Operations = typeof kmsOperations;
type Name = keyof Operations;
export type KmsClient = {
  [N in Name]: (input: InputOf<Operations[N]>, on?: Options) => Promise<OutputOf<Operations[N]>>;
};

interface Options {
  idempotencyToken?: string;
  origin?: Partial<Origin>;
}

export interface AuditRecord {
  eventName: string;
  errorCode?: string;
  errorMessage?: string;
  recipientAccountId: string;
  requestID: string;
  sourceIPAddress: string;
  userIdentity: Record<string, unknown>;
  requestParameters?: Record<string, unknown>;
  responseElements?: Record<string, unknown>;
  resources?: { ARN: string; accountId: string; type: string }[];
  x: {
    decision?: { effect: string; checks: { action: string; resource: string; context: Record<string, unknown> }[] };
  };
}

export class KmsHarness {
  readonly hsm: MemoryHsm;
  readonly store: Store<KmsTables>;
  readonly deps: KmsDeps;
  /** None, until a test makes one. */
  readonly organization: TestOrganization;
  readonly metrics: Metrics;
  private readonly principals: Map<string, PrincipalSnapshot>;
  private readonly projects: Map<string, ProjectState>;
  private readonly hub: ChangeHub;
  private readonly pipeline: Pipeline<KmsDeps>;
  private readonly ids = createIds({ now: () => this.time.now });
  private readonly time: { now: number };
  private readonly folder: string;

  private constructor(parts: {
    hsm: MemoryHsm;
    store: Store<KmsTables>;
    deps: KmsDeps;
    organization: TestOrganization;
    metrics: Metrics;
    principals: Map<string, PrincipalSnapshot>;
    projects: Map<string, ProjectState>;
    hub: ChangeHub;
    pipeline: Pipeline<KmsDeps>;
    time: { now: number };
    folder: string;
  }) {
    this.hsm = parts.hsm;
    this.store = parts.store;
    this.deps = parts.deps;
    this.organization = parts.organization;
    this.metrics = parts.metrics;
    this.principals = parts.principals;
    this.projects = parts.projects;
    this.hub = parts.hub;
    this.pipeline = parts.pipeline;
    this.time = parts.time;
    this.folder = parts.folder;
  }

  /** `url`: on PostgreSQL, following the changes of other nodes. */
  static async open(
    options: {
      hsm?: MemoryHsm;
      folder?: string;
      principals?: Map<string, PrincipalSnapshot>;
      /** Sessions of the principals; none unless given. */
      sessions?: ReadonlyMap<string, SessionSnapshot>;
      projects?: Map<string, ProjectState>;
      url?: string;
    } = {},
  ) {
    const time = { now: Date.UTC(2026, 0, 1) };
    const clock = { now: () => time.now };
    const ids = createIds(clock);
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'kms-test-'));
    const hsm = options.hsm ?? createMemoryHsm();
    const log = createLogger({ level: 'silent', name: 'kms-test' });
    const principals = options.principals ?? new Map<string, PrincipalSnapshot>();
    const projects = options.projects ?? new Map<string, ProjectState>();
    const hub = new ChangeHub();
    const metrics = createMetrics();
    const feed = {
      snapshot: async (id: string) => principals.get(id),
      session: async (id: string) => options.sessions?.get(id),
      changes: async (since: number) => ({ version: since, accounts: [] }),
    };
    const directory = new PrincipalDirectory({ feed, clock, hub });
    const organization = new TestOrganization(clock);
    const store = await openStore<KmsTables>({
      service: 'kms',
      folder,
      url: options.url,
      clock,
      migrations: kmsService.migrations,
    });
    const recorder = new Recorder(
      store as never,
      { node: 'test', boot: ids.uuidv7(), region: REGION },
      () => undefined,
    );
    const deps = await kmsService.createDeps({
      store,
      hsm,
      clients: {
        iam: iamOf(principals, projects, hsm),
        ccms: { DescribeRenewal: async () => ({ Steps: await walked(hsm, 'MACs of secret') }) },
        pca: { DescribeRenewal: async () => ({ Steps: await walked(hsm, 'MACs of certificate') }) },
        audit: { DescribeRenewal: async () => ({ Steps: await walked(hsm, 'MACs of export') }) },
      },
      clock,
      ids,
      hub,
      log,
      directory,
      organization: organization.organization,
      pages: new PageTokens(Buffer.alloc(32, 7)),
      settings: { region: REGION, partition: 'aws', endpoint: 'https://localhost', dataFolder: folder },
      metrics,
    });
    await kmsService.prepare?.(deps);
    const pipeline = new Pipeline({
      service: 'kms',
      region: REGION,
      handlers: kmsService.handlers,
      deps,
      store,
      recorder,
      directory,
      organization: organization.organization,
      clock,
      ids,
      log,
      metrics,
      requestKey: Buffer.alloc(32, 9),
    });
    return new KmsHarness({
      hsm,
      store,
      deps,
      organization,
      metrics,
      principals,
      projects,
      hub,
      pipeline,
      time,
      folder,
    });
  }

  /** A second process on the same database and HSM, with empty caches. Closes this one. */
  async restart(): Promise<KmsHarness> {
    await kmsService.close?.(this.deps);
    await this.store.close();
    const { hsm, folder, principals, projects } = this;
    const next = await KmsHarness.open({ hsm, folder, principals, projects });
    next.time.now = this.time.now;
    return next;
  }

  /** A second node beside this one: own caches, same database, HSM and principals. */
  beside(url: string): Promise<KmsHarness> {
    return KmsHarness.open({ hsm: this.hsm, url, principals: this.principals, projects: this.projects });
  }

  async close(): Promise<void> {
    await kmsService.close?.(this.deps);
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get now(): number {
    return this.time.now;
  }

  advance(ms: number): void {
    this.time.now += ms;
  }

  /** A user with an identity policy, or the root user of the account under the name `root`. */
  user(
    name: string,
    policy: object = ADMIN_POLICY,
    accountId = ACCOUNT,
    uniqueId?: string,
    further: readonly SnapshotPolicy[] = [],
  ): KmsClient {
    return this.client(this.person(name, policy, accountId, uniqueId, further));
  }

  private person(
    name: string,
    policy: object,
    accountId: string,
    uniqueId?: string,
    further: readonly SnapshotPolicy[] = [],
  ): Caller {
    const root = name === 'root';
    const arn = `arn:aws:iam::${accountId}:${root ? 'root' : `user/${name}`}`;
    const hash = createHash('sha256').update(`${accountId}/${name}`).digest('hex').toUpperCase();
    const principalId = root ? accountId : (uniqueId ?? `AIDA${hash.slice(0, 17)}`);
    const policies = !root
      ? [
          {
            Arn: `arn:aws:iam::${accountId}:policy/of-${name}`,
            Version: 'v1',
            Name: `of-${name}`,
            Kind: 'identity',
            Document: JSON.stringify(policy),
          },
          ...further,
        ]
      : [];
    this.principals.set(principalId, {
      Arn: arn,
      AccountId: accountId,
      Kind: root ? 'root' : 'user',
      PrincipalId: principalId,
      ...(!root && { UserName: name }),
      Tags: {},
      Policies: policies,
      ActiveAccessKeyIds: [],
      Version: 1,
    });
    this.hub.publish(accountId);
    return { kind: root ? 'root' : 'user', arn, accountId, principalId };
  }

  /** Something about principals of an account was changed. */
  forget(accountId: string): void {
    this.hub.publish(accountId);
  }

  /** A project of an account; again to change its state. */
  project(id: string, state: Partial<ProjectState> = {}, accountId = ACCOUNT): string {
    this.projects.set(`${accountId}/${id}`, { Name: `project-${id.slice(0, 4)}`, Enabled: true, ...state });
    return id;
  }

  removeUser(name: string, accountId = ACCOUNT): void {
    for (const [id, snapshot] of this.principals) {
      if (snapshot.Arn === `arn:aws:iam::${accountId}:user/${name}`) this.principals.delete(id);
    }
    this.hub.publish(accountId);
  }

  /** As one of our own services. */
  internal(service: ServiceName = 'org'): KmsClient {
    return this.client(serviceCaller(service));
  }

  /** As another service sees this one: asks for itself, or on behalf of the caller of a call it serves. */
  as(service: ServiceName): Client<Operations> {
    const from = { service, now: () => this.time.now, newId: () => this.ids.uuidv7() };
    return createClient(kmsOperations, { invoke: (invocation) => this.pipeline.execute(invocation) }, from);
  }

  /** A call of somebody to another service, as that service has it. */
  call(name: string, policy: object = ADMIN_POLICY, accountId = ACCOUNT): OnBehalf {
    return { caller: this.person(name, policy, accountId), origin: this.origin() };
  }

  private origin(): Origin {
    return {
      requestId: this.ids.uuidv7(),
      sourceIp: '192.0.2.1',
      userAgent: 'test',
      receivedAt: this.time.now,
      protocol: 'native',
    };
  }

  client(caller: Caller): KmsClient {
    const client: Record<string, unknown> = {};
    for (const operation of Object.values(kmsOperations) as AnyOperation[]) {
      client[operation.name] = (input: unknown, on: Options = {}) =>
        this.pipeline.execute({
          operation,
          caller,
          origin: { ...this.origin(), ...on.origin },
          input,
          ...(on.idempotencyToken !== undefined && { idempotencyToken: on.idempotencyToken }),
        });
    }
    return client as KmsClient;
  }

  /** A key made by the administrator, as its id and ARN. */
  async key(input: InputOf<Operations['CreateKey']> = {}, by: KmsClient = this.user('admin')) {
    const { KeyMetadata } = await by.CreateKey(input);
    return { id: KeyMetadata.KeyId, arn: KeyMetadata.Arn ?? '' };
  }

  async records(): Promise<AuditRecord[]> {
    const rows = await this.store.readOutbox(10_000);
    return rows.map((row) => JSON.parse(row.record) as AuditRecord);
  }

  async lastRecord(): Promise<AuditRecord> {
    return (await this.records()).at(-1)!;
  }
}

/** What iam answers about the principals and projects of the test. */
function iamOf(
  principals: ReadonlyMap<string, PrincipalSnapshot>,
  projects: ReadonlyMap<string, ProjectState>,
  hsm: MemoryHsm,
): KmsClients['iam'] {
  return {
    DescribeAccounts: async () => ({ ManagementAccountId: ACCOUNT }),
    DescribeRenewal: async () => ({ Steps: await walked(hsm, 'tenant keys') }),
    ResolvePrincipals: async ({ Arns }) => ({ Principals: resolve(principals, Arns) }),
    async FindEnterpriseProject({ AccountId, EnterpriseProjectId }) {
      const Project = projects.get(`${AccountId}/${EnterpriseProjectId}`);
      return Project ? { Project } : {};
    },
    async ListAccountPrincipals({ AccountId, After = '', Limit }) {
      const ids = [...principals.values()]
        .filter(({ AccountId: of, PrincipalId }) => of === AccountId && PrincipalId > After)
        .map(({ PrincipalId }) => PrincipalId);
      return { PrincipalIds: ids.sort().slice(0, Limit) };
    },
  };
}

/** A service that has renewed all it stored. */
async function walked(hsm: MemoryHsm, Step: string): Promise<RenewalState[]> {
  const { form } = await hsm.status();
  return [{ Step, ...(form && { Form: form }), State: 'done', Total: 2, Seen: 2, Renewed: 2, Refused: 0 }];
}

function resolve(principals: ReadonlyMap<string, PrincipalSnapshot>, arns: readonly string[]) {
  const known = [...principals.values()];
  return arns.flatMap((Arn) => {
    const account = /^arn:aws:iam::(\d{12}):root$/.exec(Arn)?.[1];
    if (account !== undefined) return known.some((p) => p.AccountId === account) ? [{ Arn, PrincipalId: account }] : [];
    const found = known.find((principal) => principal.Arn === Arn);
    return found ? [{ Arn, PrincipalId: found.PrincipalId }] : [];
  });
}

/** The error of a promise that must reject. */
export async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint?: string };
    return { code, message, ...(hint !== undefined && { hint }) };
  }
  throw new Error('the request was expected to fail');
}
