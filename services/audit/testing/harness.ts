/** The audit service in this process: real store in a folder of its own, real pipeline, principals from a table. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createMemoryHsm, type MemoryHsm } from '../../../hsm/memory/memory.ts';
import { Recorder } from '../../../platform/audit/recorder.ts';
import { PrincipalDirectory } from '../../../platform/authz/directory.ts';
import { TestOrganization } from '../../../platform/authz/testing/test-organization.ts';
import { LocalTransport } from '../../../platform/client/local.ts';
import { type Client, createClient } from '../../../platform/client/transport.ts';
import type { ObjectStore } from '../../../platform/objects/index.ts';
import { createLogger } from '../../../platform/observe/log.ts';
import { createMetrics } from '../../../platform/observe/metrics.ts';
import type { Caller, Origin } from '../../../platform/runtime/call.ts';
import { ChangeHub } from '../../../platform/runtime/change-hub.ts';
import { GrowingNumber } from '../../../platform/runtime/growing-number.ts';
import { createIds, type Ids } from '../../../platform/runtime/ids.ts';
import { PageTokens } from '../../../platform/runtime/page-token.ts';
import { Pipeline } from '../../../platform/runtime/pipeline.ts';
import { type CommitFaults, openStore, type Store } from '../../../platform/store/index.ts';
import { RowGuard } from '../../../platform/store/row-guard.ts';
import { TenantKeys } from '../../../platform/store/tenant-keys.ts';
import { auditOperations } from '../api/index.ts';
import { Checkpointer } from '../checkpoint/checkpointer.ts';
import { newLogOrigin } from '../checkpoint/previous-log.ts';
import { Restores } from '../checkpoint/restores.ts';
import { witnessAlarm } from '../checkpoint/witness-alarm.ts';
import type { WitnessAddress } from '../checkpoint/witness-client.ts';
import { Witnesses } from '../checkpoint/witnesses.ts';
import type { AuditDeps } from '../deps.ts';
import { ROW_MAC_LABEL } from '../domain/export/rows.ts';
import { defineAudit } from '../index.ts';
import { Sequencer } from '../sequencer/sequencer.ts';
import { tenantTable } from '../store/export/export-queries.ts';
import { logSize } from '../store/log.ts';
import type { AuditDatabase } from '../store/schema.ts';

const auditService = defineAudit({ witnesses: [], networks: [], stores: new Map() });

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';

export const log = createLogger({ level: 'silent', name: 'test' });

/** May do everything with audit and decisions in `accountId`. */
export function auditor(accountId = ACCOUNT): Caller {
  const arn = `arn:aws:iam::${accountId}:user/auditor`;
  return { kind: 'user', arn, accountId, principalId: `AIDAAUDITOR${accountId}`, userName: 'auditor' };
}

/** A user without any policy. */
export function nobody(accountId = ACCOUNT): Caller {
  const arn = `arn:aws:iam::${accountId}:user/nobody`;
  return { kind: 'user', arn, accountId, principalId: `AIDANOBODY${accountId}`, userName: 'nobody' };
}

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['audit:*', 'authz:*'], Resource: '*' }],
});

export interface Audit {
  store: Store<AuditDatabase>;
  deps: AuditDeps;
  ids: Ids;
  /** As one of our own services. */
  internal: Client<typeof auditOperations>;
  /** As a user of an account. */
  as(caller: Caller): Client<typeof auditOperations>;
  folder: string;
  organization: TestOrganization;
  close(): Promise<void>;
}

export interface AuditOptions {
  url?: string;
  /** Name of the store, for a database that others use too. */
  name?: string;
  clock?: { now(): number };
  faults?: CommitFaults;
  /** Of an earlier start. */
  folder?: string;
  hsm?: MemoryHsm;
  witnesses?: readonly WitnessAddress[];
  /** Default: the sequencer runs. */
  sequencer?: 'running' | 'stopped';
  /** Archives that exports may name. */
  stores?: ReadonlyMap<string, ObjectStore>;
}

export async function startAudit(options: AuditOptions = {}): Promise<Audit> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'parapet-audit-'));
  const clock = options.clock ?? { now: () => Date.now() };
  const ids = createIds(clock);
  const store = await openStore<AuditDatabase>({
    service: options.name ?? 'audit',
    folder,
    url: options.url,
    clock,
    migrations: auditService.migrations,
    faults: options.faults,
  });
  const sequencer = new Sequencer({ store, log, clock, owner: ids.uuidv4() });
  const hsm = options.hsm ?? createMemoryHsm();
  const restores = new Restores(store, folder);
  const checkpointer = new Checkpointer({
    ...{ store, hsm, sequencer, clock, log, restores, dataFolder: folder },
    newOrigin: () => 'audit.local-1.test',
  });
  const clients = { iam: { DescribeAccounts: async () => ({ ManagementAccountId: ACCOUNT }) } };
  const directory = new PrincipalDirectory({
    feed: { snapshot, session: async () => undefined, changes },
    clock,
    hub: new ChangeHub(),
  });
  const members = new TestOrganization(clock);
  const { organization } = members;
  const writer = { node: 'audit-test', boot: ids.uuidv7(), region: 'local-1' };
  const recorder = new Recorder(store as unknown as Store<unknown>, writer, () => undefined);
  const alarm = witnessAlarm({ recorder, clock, ids });
  const witnesses = new Witnesses({
    ...{ store, sequencer, clock, log, alarm, witnesses: options.witnesses ?? [] },
    isHeld: () => restores.isHeld(checkpointer),
  });
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  const deps: AuditDeps = {
    ...{ store, sequencer, checkpointer, restores, witnesses, hsm, clients, clock, ids, log, guard },
    ...{ organization, recorder },
    pages: new PageTokens(randomBytes(32)),
    tip: new GrowingNumber(() => logSize(store.read), 2),
    newOrigin: () => newLogOrigin('local-1', ids),
    tenants: new TenantKeys(tenantTable, { store, hsm, guard, clock, ids }),
    exports: {
      ...{ networks: ['127.0.0.0/8'], hostname: 'parapet.example', region: 'local-1', partition: 'aws' },
      stores: options.stores ?? new Map(),
    },
  };
  const pipeline = new Pipeline({
    service: 'audit',
    region: 'local-1',
    handlers: auditService.handlers,
    deps,
    store,
    recorder,
    directory,
    organization,
    clock,
    ids,
    log,
    metrics: createMetrics(),
    requestKey: Buffer.alloc(32, 9),
  });
  const transport = new LocalTransport();
  transport.register('audit', pipeline.execute);
  const from = { service: 'audit' as const, now: () => clock.now(), newId: () => ids.uuidv7() };
  const internal = createClient(auditOperations, transport, from);
  const front = createClient(auditOperations, transport, { ...from, service: 'gateway' });
  if (options.sequencer !== 'stopped') await sequencer.start();
  return {
    store,
    deps,
    ids,
    internal,
    folder,
    organization: members,
    as: (caller) => onBehalf(front, { caller, origin: origin(ids.uuidv7(), clock.now()) }),
    async close() {
      deps.tip.close();
      await sequencer.stop();
      await store.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function onBehalf(client: Client<typeof auditOperations>, on: { caller: Caller; origin: Origin }) {
  return Object.fromEntries(
    Object.entries(client).map(([name, invoke]) => [name, (input: never) => invoke(input, on)]),
  ) as Client<typeof auditOperations>;
}

function origin(requestId: string, now: number): Origin {
  return { requestId, sourceIp: '192.0.2.1', userAgent: 'test', receivedAt: now, protocol: 'native' };
}

async function snapshot(principalId: string) {
  const [, name, accountId] = /^AIDA(AUDITOR|NOBODY)(\d{12})$/.exec(principalId) ?? [];
  if (name === undefined || accountId === undefined) return undefined;
  const userName = name.toLowerCase();
  const policy = { Arn: `arn:aws:iam::${accountId}:policy/audit`, Version: 'v1', Name: 'audit', Kind: 'identity' };
  return {
    Arn: `arn:aws:iam::${accountId}:user/${userName}`,
    AccountId: accountId,
    Kind: 'user' as const,
    PrincipalId: principalId,
    UserName: userName,
    Tags: {},
    ActiveAccessKeyIds: [],
    Policies: name === 'AUDITOR' ? [{ ...policy, Document: POLICY }] : [],
    Version: 1,
  };
}

async function changes() {
  return { version: 1, accounts: [] };
}

/** Changes the database of a folder behind the back of the service. Answers how many rows. */
export async function tamper(folder: string, statement: string): Promise<number> {
  const { migrations } = auditService;
  const store = await openStore<AuditDatabase>({
    service: 'audit',
    folder,
    clock: { now: () => Date.now() },
    migrations,
  });
  try {
    const result = await store.transaction((tx) => sql.raw(statement).execute(tx));
    return Number(result.numAffectedRows ?? 0n);
  } finally {
    await store.close();
  }
}
