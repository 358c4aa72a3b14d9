/** Changes of exports. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import { change } from '../../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { CreateExport, DeleteExport, PauseExport, ResumeExport, UpdateExport } from '../../api/export/exports.ts';
import { type AuditDeps, implement } from '../../deps.ts';
import { type Destination, type Secrets, splitDestination } from '../../domain/export/destination.ts';
import { type ExportRow, exportRowBytes, type Unsealed } from '../../domain/export/rows.ts';
import { sealSecrets } from '../../jobs/export/sealed-secrets.ts';
import { sourceOf } from '../../jobs/export/turn.ts';
import {
  countExports,
  deleteExport as deleteRow,
  insertExport,
  readExportByName,
  replaceExport,
} from '../../store/export/export-queries.ts';
import { hurryExport, interruptExport, readProgress } from '../../store/export/progress-queries.ts';
import { endOf } from '../../store/export/source.ts';
import { type AnyCall, EXPORT_TYPE, exportArn, knownSource, resolveExport, showExport } from './export-access.ts';

const MOST_EXPORTS = 50;

/** What the transaction has written is seen. */
const reader = (tx: AnyTransaction) => tx as unknown as AuditDeps['store']['read'];

export const createExport = implement(CreateExport, {
  resolve: (call, input, deps) => ({
    targets: [{ resource: exportArn(deps, call.caller.accountId, input.Name) }],
    state: undefined,
  }),

  async run(call, input, _state, deps) {
    const { accountId } = call.caller;
    const { destination, secrets } = given(call, deps, input);
    const taken = call.fail('AlreadyExists', `export ${input.Name} exists already`, { hint: 'choose another name' });
    if (await readExportByName(deps.store.read, accountId, input.Name)) throw taken;
    const scope = input.Scope ?? 'ACCOUNT';
    if (scope === 'ORGANIZATION' && call.organization.managementAccountId !== accountId)
      throw call.fail('NotManagementAccount', `account ${accountId} is not the management account of an organization`);
    const row = await sealed(deps, secrets, {
      export_id: deps.ids.uuidv7(),
      account_id: accountId,
      name: input.Name,
      description: input.Description ?? '',
      ...{ scope, state: 'ACTIVE', format: input.Format },
      destination: JSON.stringify(destination),
      secrets: null,
      filter: JSON.stringify(input.Filter ?? {}),
      ...{ created_at: call.now, changed_at: call.now, version: 1 },
    });
    const { source } = await sourceOf(deps, row);
    const start = scope === 'ACCOUNT' ? 1 : 0;
    const position = input.StartAt === 'NOW' ? await endOf(deps.store.read, source) : start;
    call.touches(exportArn(deps, accountId, row.name), EXPORT_TYPE, accountId);
    return change(async (tx) => {
      if ((await countExports(tx, accountId)) >= MOST_EXPORTS)
        throw call.fail('LimitExceeded', `account has ${MOST_EXPORTS} exports`);
      if (!(await insertExport(tx, row, position))) throw taken;
      return { Export: await showExport(deps, row, source, reader(tx)) };
    });
  },
});

export const updateExport = implement(UpdateExport, {
  resolve: (call, input, deps) => resolveExport(call, deps, input.Name),

  async run(call, input, row: ExportRow, deps) {
    const fresh =
      input.Destination && given(call, deps, { ...input, Format: row.format, Destination: input.Destination });
    if (fresh && fresh.destination.kind !== (JSON.parse(row.destination) as Destination).kind)
      throw call.fail('InvalidDestination', 'the destination is of another kind', {
        hint: 'create another export, and delete this one when it has caught up',
      });
    const { row_mac, ...before } = row;
    const after = await sealed(deps, fresh?.secrets, {
      ...before,
      description: input.Description ?? before.description,
      filter: input.Filter ? JSON.stringify(input.Filter) : before.filter,
      ...(fresh && { destination: JSON.stringify(fresh.destination) }),
      ...{ changed_at: call.now, version: before.version + 1 },
    });
    const position = input.RestartFrom;
    if (position !== undefined) {
      const progress = await readProgress(deps.store.read, row.export_id);
      if (position > (progress?.position ?? 0) || position < (row.scope === 'ACCOUNT' ? 1 : 0))
        throw call.fail('InvalidPosition', `export ${row.name} is at ${progress?.position ?? 0}`);
    }
    return replaced(call, deps, row, after, async (tx) => {
      if (position !== undefined)
        await interruptExport(tx, row.export_id, { position, planned: null, next_at: 0, attempts: 0, problem: null });
      else await hurryExport(tx, row.export_id);
    });
  },
});

export const pauseExport = implement(PauseExport, {
  resolve: (call, input, deps) => resolveExport(call, deps, input.Name),
  run: (call, _input, row: ExportRow, deps) => setState(call, deps, row, 'PAUSED'),
});

export const resumeExport = implement(ResumeExport, {
  resolve: (call, input, deps) => resolveExport(call, deps, input.Name),
  run: (call, _input, row: ExportRow, deps) => setState(call, deps, row, 'ACTIVE'),
});

export const deleteExport = implement(DeleteExport, {
  resolve: (call, input, deps) => resolveExport(call, deps, input.Name),
  run: (call, _input, row: ExportRow) =>
    change(async (tx) => {
      if (!(await deleteRow(tx, row))) throw conflict(call, row);
      return undefined;
    }),
});

async function setState(call: AnyCall, deps: AuditDeps, row: ExportRow, state: ExportRow['state']) {
  const { row_mac, ...before } = row;
  const after = await sealed(deps, undefined, { ...before, state, changed_at: call.now, version: before.version + 1 });
  return replaced(call, deps, row, after, (tx) => hurryExport(tx, row.export_id));
}

async function replaced(
  call: AnyCall,
  deps: AuditDeps,
  before: ExportRow,
  after: ExportRow,
  also: (tx: AnyTransaction) => Promise<void>,
) {
  const source = await knownSource(deps, after);
  return change(async (tx) => {
    if (!(await replaceExport(tx, after))) throw conflict(call, before);
    await also(tx);
    return { Export: await showExport(deps, after, source, reader(tx)) };
  });
}

/** The row with its MAC, and with these secrets; undefined: those it has. */
async function sealed(deps: AuditDeps, secrets: Secrets | undefined, row: Unsealed<ExportRow>): Promise<ExportRow> {
  const whole = { ...row, ...(secrets && { secrets: await sealSecrets(deps, row, secrets) }) };
  const [row_mac] = await deps.guard.seal([exportRowBytes(whole)]);
  return { ...whole, row_mac: row_mac! };
}

function given(call: AnyCall, deps: AuditDeps, input: Pick<InputOf<typeof CreateExport>, 'Destination' | 'Format'>) {
  const split = splitDestination(input.Destination);
  if ('wrong' in split) throw call.fail('InvalidDestination', split.wrong);
  const { destination } = split;
  if (destination.kind === 'Archive') {
    if (!deps.exports.stores.has(destination.Store))
      throw call.fail('InvalidDestination', `this installation names no archive ${destination.Store}`, {
        hint: 'whoever runs it names archives by PARAPET_AUDIT_STORES',
      });
    if (input.Format !== 'cloudtrail' && input.Format !== 'native')
      throw call.fail('InvalidDestination', 'an archive has records in the form native or cloudtrail');
  }
  return split;
}

function conflict(call: AnyCall, { name }: ExportRow) {
  return call.fail('Conflict', `export ${name} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}
