/**
 * The service over the real pipeline, with the real iam beside it: SQLite in a temporary folder or PostgreSQL, the
 * memory HSM, a clock that tests move.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Recorder } from '../../../platform/audit/recorder.ts';
import { OrganizationView } from '../../../platform/authz/organization.ts';
import { withChanges } from '../../../platform/authz/organization-changes.ts';
import { LocalTransport } from '../../../platform/client/local.ts';
import { type Client, createClient } from '../../../platform/client/transport.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation, OutputOf } from '../../../platform/contract/operation.ts';
import { createMetrics } from '../../../platform/observe/metrics.ts';
import type { Caller, Origin } from '../../../platform/runtime/call.ts';
import { createIds } from '../../../platform/runtime/ids.ts';
import { PageTokens } from '../../../platform/runtime/page-token.ts';
import { Pipeline } from '../../../platform/runtime/pipeline.ts';
import { openStore, type Store } from '../../../platform/store/index.ts';
import { iamApi } from '../../iam/api/index.ts';
import { callerOf, type IamWorld, openIam } from '../../iam/testing/harness.ts';
import { orgApi } from '../api/index.ts';
import type { OrgClients } from '../deps.ts';
import { defineOrg, type OrgDeps, type OrgOptions } from '../index.ts';
import type { OrgDb } from '../store/schema.ts';

export interface OrgWorld {
  iam: IamWorld;
  deps: OrgDeps;
  store: Store<OrgDb>;
  clock: IamWorld['clock'];
  /** As one of our own services. */
  internal: Client<typeof orgApi>;
  /** As somebody; the native input is validated like any other. */
  as<Op extends AnyOperation>(caller: Caller, operation: Op, input: unknown): Promise<OutputOf<Op>>;
  /** As the administrator of the management account. */
  ask<Op extends AnyOperation>(operation: Op, input?: unknown): Promise<OutputOf<Op>>;
  management: Caller;
  records(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface WorldOptions extends OrgOptions {
  /** PostgreSQL instead of SQLite. */
  url?: string;
  /** Instead of the real iam, for what happens when it fails. */
  wrapIam?: (iam: OrgClients['iam']) => OrgClients['iam'];
  /** Services that are there; default: they are away. */
  peers?: Pick<OrgClients, 'kms' | 'ccms' | 'pca' | 'audit'>;
}

const origin: Origin = {
  requestId: 'request',
  sourceIp: '192.0.2.7',
  userAgent: 'test',
  receivedAt: 0,
  protocol: 'native',
};

const away = async (): Promise<never> => {
  throw new ServiceError('Unavailable', 'the service cannot be reached');
};
const AWAY: Pick<OrgClients, 'kms' | 'ccms' | 'pca' | 'audit'> = {
  kms: { DescribeConfigurations: away, ListConfigurations: away },
  ccms: { DescribeConfigurations: away, ListConfigurations: away },
  pca: { DescribeConfigurations: away, ListConfigurations: away },
  audit: { ReadChanges: away, SearchStreams: away },
};

export async function openOrg(options: WorldOptions = {}): Promise<OrgWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-org-'));
  const iam = await openIam(options.url === undefined ? { folder } : { folder, url: options.url });
  const { clock, hub, directory, hsm } = iam;
  const service = defineOrg(options);
  const store = await openStore<OrgDb>({
    service: 'org',
    folder,
    url: options.url,
    clock,
    migrations: service.migrations,
  });
  const ids = createIds(clock);
  const log = pino({ level: 'silent' });
  const metrics = createMetrics();
  const transport = new LocalTransport();
  const internal = createClient(orgApi, transport, { service: 'kms', now: clock.now, newId: () => ids.uuidv7() });
  const organization = new OrganizationView({
    feed: {
      view: () => internal.GetOrganizationView({}),
      async changes(Since, WaitMilliseconds) {
        const { Revision, Changes } = await internal.GetOrganizationChanges({ Since, WaitMilliseconds });
        return { revision: Revision, changes: Changes && { ...Changes, Revision } };
      },
    },
    clock,
    hub,
    log,
  });
  const deps = await service.createDeps({
    store,
    hsm,
    clients: { iam: options.wrapIam ? options.wrapIam(iam.internal) : iam.internal, ...(options.peers ?? AWAY) },
    clock,
    ids,
    hub,
    log,
    directory,
    organization,
    pages: new PageTokens(await hsm.mac('page-tokens', Buffer.from('org'))),
    settings: { region: 'local-1', partition: 'aws', endpoint: 'https://127.0.0.1:8443', dataFolder: folder },
    metrics,
  });
  const pipeline = new Pipeline({
    service: 'org',
    region: 'local-1',
    handlers: service.handlers,
    deps,
    store,
    recorder: new Recorder(
      store as unknown as Store<unknown>,
      { node: 'org-1', boot: 'boot', region: 'local-1' },
      () => {},
    ),
    directory,
    organization,
    clock,
    ids,
    log,
    metrics,
    requestKey: Buffer.alloc(32, 9),
  });
  transport.register('org', pipeline.execute);
  const as = async <Op extends AnyOperation>(caller: Caller, operation: Op, input: unknown) =>
    (await pipeline.execute({ operation, caller, origin, input })) as OutputOf<Op>;
  return {
    iam,
    deps,
    store,
    clock,
    internal,
    as,
    ask: (operation, input = {}) => as(iam.admin, operation, input),
    management: iam.admin,
    async records() {
      const rows = await store.readOutbox(10_000);
      return rows.map((row) => JSON.parse(row.record) as Record<string, unknown>);
    },
    async close() {
      await service.close?.(deps);
      await store.close();
      await iam.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An account that stands alone, as its administrator. */
export async function standAlone(world: OrgWorld, name: string, email?: string): Promise<Caller> {
  const { iam } = world;
  const { AccessKey } = await iam.as(iam.admin, iamApi.CreateAccount, {
    Name: name,
    AdministratorUserName: 'admin',
    ...(email !== undefined && { Email: email }),
  });
  return callerOf(iam, AccessKey.AccessKeyId);
}

/** The organization with its root. */
export async function found(world: OrgWorld): Promise<{ organizationId: string; rootId: string }> {
  const { Organization } = await world.ask(orgApi.CreateOrganization);
  const { Roots } = await world.ask(orgApi.ListRoots);
  return { organizationId: Organization.Id, rootId: Roots[0]?.Id as string };
}

let addresses = 0;

/** A member that is ready. */
export async function member(world: OrgWorld, name = 'member', parentId?: string): Promise<string> {
  const { CreateAccountStatus } = await world.ask(orgApi.CreateAccount, {
    AccountName: name,
    Email: `${name.replaceAll(' ', '.')}-${++addresses}@example.com`,
    ...(parentId !== undefined && { ParentId: parentId }),
  });
  return settled(world, CreateAccountStatus.Id);
}

/** The account id of a request, once it is finished. */
export async function settled(world: OrgWorld, requestId: string): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    const { CreateAccountStatus: status } = await world.ask(orgApi.DescribeCreateAccountStatus, {
      CreateAccountRequestId: requestId,
    });
    if (status.State === 'SUCCEEDED') return status.AccountId as string;
    if (status.State === 'FAILED') throw new Error(`the account was not made: ${status.FailureReason}`);
    await new Promise((again) => setTimeout(again, 10));
  }
  throw new Error('the account is still being made');
}

/** An invited account that joined, as its administrator. */
export async function joined(world: OrgWorld, name: string): Promise<Caller> {
  const caller = await standAlone(world, name);
  const { Handshake } = await world.ask(orgApi.InviteAccountToOrganization, {
    Target: { Id: caller.accountId, Type: 'ACCOUNT' },
  });
  await world.as(caller, orgApi.AcceptHandshake, { HandshakeId: Handshake.Id });
  return caller;
}

export async function unit(world: OrgWorld, parentId: string, name: string): Promise<string> {
  const { OrganizationalUnit } = await world.ask(orgApi.CreateOrganizationalUnit, { ParentId: parentId, Name: name });
  return OrganizationalUnit.Id;
}

export const DENY_KMS = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:*","Resource":"*"}]}';

export async function guardrail(world: OrgWorld, name: string, content = DENY_KMS): Promise<string> {
  const { Policy } = await world.ask(orgApi.CreatePolicy, {
    Name: name,
    Description: '',
    Content: content,
    Type: 'SERVICE_CONTROL_POLICY',
  });
  return Policy.PolicySummary.Id;
}

export interface Failure {
  code: string;
  message: string;
  details: { reason?: string };
}

/** The error of a call that must fail, as `Code` or `Code/REASON`. */
export async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    const { code, details } = thrown as Failure;
    return details?.reason === undefined ? code : `${code}/${details.reason}`;
  }
  throw new Error('the call succeeded');
}

type View = OutputOf<typeof orgApi.GetOrganizationView>;

/** A view in an order of its own: what nodes keep has none. */
export function inOrder({ Units, Accounts, Policies, Attachments, ...rest }: View) {
  const sorted = (list: readonly object[]) => list.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort();
  return {
    ...rest,
    Units: sorted(Units),
    Accounts: sorted(Accounts),
    Policies: sorted(Policies),
    Attachments: sorted(Attachments),
  };
}

/** What a node that knew this view knows after it was told the changes. Undefined: it has to read everything. */
export async function followed(world: OrgWorld, before: View): Promise<View | undefined> {
  const { Revision: Since } = before;
  const { Revision, Changes } = await world.internal.GetOrganizationChanges({ Since, WaitMilliseconds: 0 });
  if (Revision === Since) return before;
  return Changes && ({ ...withChanges(before, { ...Changes, Revision }) } as View);
}
