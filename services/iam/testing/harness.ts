/** The service over the real pipeline: SQLite in a temporary folder, the memory HSM, a clock that tests move. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createMemoryHsm, createMemoryRoots, type MemoryHsm, type MemoryRoots } from '../../../hsm/memory/memory.ts';
import { Recorder } from '../../../platform/audit/recorder.ts';
import { PrincipalDirectory } from '../../../platform/authz/directory.ts';
import { TestOrganization } from '../../../platform/authz/testing/test-organization.ts';
import { LocalTransport } from '../../../platform/client/local.ts';
import { type Client, createClient, serviceCaller } from '../../../platform/client/transport.ts';
import type { AnyOperation, InputOf, OutputOf } from '../../../platform/contract/operation.ts';
import { createMetrics } from '../../../platform/observe/metrics.ts';
import type { Caller, Origin } from '../../../platform/runtime/call.ts';
import { ChangeHub } from '../../../platform/runtime/change-hub.ts';
import { createIds } from '../../../platform/runtime/ids.ts';
import { PageTokens } from '../../../platform/runtime/page-token.ts';
import { Pipeline } from '../../../platform/runtime/pipeline.ts';
import { openStore, type Store } from '../../../platform/store/index.ts';
import { auditOperations } from '../../audit/api/index.ts';
import { iamApi } from '../api/index.ts';
import type { IamClients } from '../deps.ts';
import { codeOf, stepAt } from '../domain/totp.ts';
import { bootstrap, defineIam, type IamDeps, type IamOptions } from '../index.ts';
import type { IamDb } from '../store/schema.ts';

export interface IamWorld {
  deps: IamDeps;
  hsm: MemoryHsm;
  store: Store<IamDb>;
  clock: { time: number; now(): number };
  hub: ChangeHub;
  directory: PrincipalDirectory;
  /** None, until a test makes one. */
  organization: TestOrganization;
  /** As one of our own services. */
  internal: Client<typeof iamApi>;
  /** As somebody; the native input is validated like any other. */
  as<Op extends AnyOperation>(caller: Caller, operation: Op, input: unknown): Promise<OutputOf<Op>>;
  /** The records written so far, newest last. */
  records(): Promise<Record<string, unknown>[]>;
  admin: Caller;
  close(): Promise<void>;
}

export interface WorldOptions extends IamOptions {
  folder?: string;
  /** PostgreSQL instead of SQLite; two worlds on one database are two nodes of one installation. */
  url?: string;
  clock?: IamWorld['clock'];
  roots?: MemoryRoots;
  /** Of an audit service that runs in the test. */
  audit?: Client<typeof auditOperations>;
  /** Of a kms service that runs in the test; default: no account has keys. */
  kms?: IamClients['kms'];
  /** False: the first run is left to the test. */
  firstRun?: boolean;
}

const origin: Origin = {
  requestId: 'request',
  sourceIp: '192.0.2.7',
  userAgent: 'test',
  receivedAt: 0,
  protocol: 'native',
};

/** A service that owns nothing in projects. */
const WITHOUT_RESOURCES = {
  ListResourcesInProject: async () => ({ Resources: [] }),
  DescribeResourceFacts: async () => ({ Resources: [], Unknown: [] }),
};

export async function openIam(options: WorldOptions = {}): Promise<IamWorld> {
  const own = options.folder === undefined;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'parapet-iam-'));
  const clock = options.clock ?? fixedClock();
  const service = defineIam(options);
  const store = await openStore<IamDb>({
    service: 'iam',
    folder,
    url: options.url,
    clock,
    migrations: service.migrations,
  });
  const hsm = createMemoryHsm({ roots: options.roots ?? createMemoryRoots() });
  const ids = createIds(clock);
  const hub = new ChangeHub();
  const transport = new LocalTransport();
  const internal = createClient(iamApi, transport, {
    service: 'kms',
    now: clock.now,
    newId: () => ids.uuidv7(),
  });
  // Without an audit service in the test its client says that there is none.
  const asIam = { service: 'iam', now: clock.now, newId: () => ids.uuidv7() } as const;
  const directory = new PrincipalDirectory({
    feed: {
      snapshot: async (PrincipalId) => (await internal.GetPrincipalSnapshot({ PrincipalId })).Principal,
      session: async (SessionId) => (await internal.GetSessionSnapshot({ SessionId })).Session,
      async changes(Since, WaitMilliseconds) {
        const answer = await internal.GetAuthorizationChanges({ Since, WaitMilliseconds });
        return { version: answer.Version, accounts: answer.Accounts };
      },
    },
    clock,
    hub,
  });
  const organization = new TestOrganization(clock);
  const log = pino({ level: 'silent' });
  const metrics = createMetrics();
  const writer = { node: 'iam-1', boot: 'boot', region: 'local-1' };
  const recorder = new Recorder(store as unknown as Store<unknown>, writer, () => {});
  const deps = await service.createDeps({
    store,
    hsm,
    clients: {
      kms: options.kms ?? WITHOUT_RESOURCES,
      ccms: { ...WITHOUT_RESOURCES, DescribeGrantPolicies: async () => ({ Grants: [], Unknown: [] }) },
      pca: WITHOUT_RESOURCES,
      audit: options.audit ?? createClient(auditOperations, transport, asIam),
    },
    clock,
    ids,
    hub,
    log,
    directory,
    organization: organization.organization,
    recorder,
    pages: new PageTokens(await hsm.mac('page-tokens', Buffer.from('iam'))),
    settings: { region: 'local-1', partition: 'aws', endpoint: 'https://127.0.0.1:8443', dataFolder: folder },
    metrics,
  });
  const pipeline = new Pipeline({
    service: 'iam',
    region: 'local-1',
    handlers: service.handlers,
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
  transport.register('iam', pipeline.execute);

  const world: IamWorld = {
    deps,
    hsm,
    store,
    clock,
    hub,
    directory,
    organization,
    internal,
    as: async <Op extends AnyOperation>(caller: Caller, operation: Op, input: unknown) =>
      (await pipeline.execute({ operation, caller, origin, input })) as OutputOf<Op>,
    async records() {
      const rows = await store.readOutbox(10_000);
      return rows.map((row) => JSON.parse(row.record) as Record<string, unknown>);
    },
    admin: serviceCaller('nobody'),
    async close() {
      await service.close?.(deps);
      await store.close();
      if (own) rmSync(folder, { recursive: true, force: true });
    },
  };
  if (options.firstRun !== false) {
    const first = await bootstrap(deps);
    if (!first) throw new Error('the folder was used before');
    world.admin = await callerOf(world, first.accessKeyId);
    await first.confirm();
  }
  return world;
}

function fixedClock(): IamWorld['clock'] {
  const clock = { time: Date.UTC(2026, 10, 22), now: () => clock.time };
  return clock;
}

export const SCOPE = { Date: '20261122', Region: 'local-1', Service: 'iam' };

/** What the front door makes of an access key. */
export async function callerOf(world: IamWorld, AccessKeyId: string, SessionToken?: string): Promise<Caller> {
  const found = await world.internal.GetSigningKey({ AccessKeyId, ...SCOPE, ...(SessionToken && { SessionToken }) });
  return {
    kind: found.Kind,
    arn: found.Arn,
    accountId: found.AccountId,
    principalId: found.PrincipalId,
    accessKeyId: AccessKeyId,
    ...(found.EntityId !== undefined && { entityId: found.EntityId }),
    ...(found.UserName !== undefined && { userName: found.UserName }),
    ...(found.Session && {
      session: {
        id: found.Session.Id,
        issuedAt: found.Session.IssuedAt,
        expiresAt: found.Session.ExpiresAt,
        ...(found.Session.MfaAt !== undefined && { mfaAt: found.Session.MfaAt }),
      },
    }),
  };
}

export function rootOf(accountId: string): Caller {
  return { kind: 'root', arn: `arn:aws:iam::${accountId}:root`, accountId, principalId: accountId };
}

/** Makes a user with an access key and an optional inline policy, and answers it as a caller. */
export async function makeUser(
  world: IamWorld,
  UserName: string,
  statements?: object[],
  by: Caller = world.admin,
): Promise<Caller> {
  await world.as(by, iamApi.CreateUser, { UserName });
  if (statements) {
    await world.as(by, iamApi.PutUserPolicy, { UserName, PolicyName: 'test', PolicyDocument: policy(...statements) });
  }
  const { AccessKey } = await world.as(by, iamApi.CreateAccessKey, { UserName });
  return callerOf(world, AccessKey.AccessKeyId);
}

export function policy(...Statement: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

export function allow(Action: string | string[], Resource: string | string[] = '*', Condition?: object): object {
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

/** The error of a call that must fail. */
export async function errorOf(work: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('the call succeeded');
}

export type Input<Op extends AnyOperation> = InputOf<Op>;

export type AssumeInput = Partial<InputOf<typeof iamApi.AssumeRole>>;

/** A role of the caller's account that trusts the account as a whole, with an optional inline policy. */
export async function makeRole(
  world: IamWorld,
  RoleName: string,
  statements?: object[],
  options: { by?: Caller; trust?: string; input?: Partial<InputOf<typeof iamApi.CreateRole>> } = {},
): Promise<string> {
  const by = options.by ?? world.admin;
  const AssumeRolePolicyDocument = options.trust ?? trust(by.accountId);
  const made = await world.as(by, iamApi.CreateRole, { RoleName, AssumeRolePolicyDocument, ...options.input });
  if (statements) {
    const PolicyDocument = policy(...statements);
    await world.as(by, iamApi.PutRolePolicy, { RoleName, PolicyName: 'test', PolicyDocument });
  }
  return made.Role.Arn;
}

/** A trust policy that lets somebody in. */
export function trust(principal: string | string[], Condition?: object): string {
  const Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
  return policy({ Effect: 'Allow', Principal: { AWS: principal }, Action, ...(Condition && { Condition }) });
}

/** Assumes a role and answers the session as a caller. */
export async function assume(world: IamWorld, by: Caller, RoleArn: string, input: AssumeInput = {}): Promise<Caller> {
  const made = await world.as(by, iamApi.AssumeRole, { RoleArn, RoleSessionName: 'test', ...input });
  return callerOf(world, made.Credentials.AccessKeyId, made.Credentials.SessionToken);
}

/** The administrator of another account. */
export async function otherAdmin(world: IamWorld, Name = 'other'): Promise<Caller> {
  const made = await world.as(world.admin, iamApi.CreateAccount, { Name, AdministratorUserName: 'boss' });
  return callerOf(world, made.AccessKey.AccessKeyId);
}

/** An authenticator app: knows a seed and tells codes by the clock of the world. */
export interface App {
  serial: string;
  code(stepsAway?: number): string;
}

/** Makes a device; it belongs to nobody yet. */
export async function makeDevice(
  world: IamWorld,
  VirtualMFADeviceName: string,
  by: Caller = world.admin,
): Promise<App> {
  const { VirtualMFADevice } = await world.as(by, iamApi.CreateVirtualMFADevice, { VirtualMFADeviceName });
  const seed = fromBase32((VirtualMFADevice.Base32StringSeed as Buffer).toString('latin1'));
  return {
    serial: VirtualMFADevice.SerialNumber,
    code: (stepsAway = 0) => codeOf(seed, stepAt(world.clock.time) + stepsAway),
  };
}

/** Makes a device and gives it to a user (without a name: to the caller); its next code is of the next step. */
export async function enableDevice(world: IamWorld, name: string, UserName?: string, by = world.admin): Promise<App> {
  const app = await makeDevice(world, name, by);
  await world.as(by, iamApi.EnableMFADevice, {
    ...(UserName !== undefined && { UserName }),
    SerialNumber: app.serial,
    AuthenticationCode1: app.code(-1),
    AuthenticationCode2: app.code(),
  });
  world.clock.time += 30_000;
  return app;
}

function fromBase32(text: string): Buffer {
  let bits = '';
  for (const letter of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
