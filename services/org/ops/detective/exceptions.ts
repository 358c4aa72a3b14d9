/** Exceptions: who answers for what, why, and until when. */
import { change } from '../../../../platform/runtime/call.ts';
import { DeleteConfigException, ListConfigExceptions, PutConfigException } from '../../api/config-verdicts.ts';
import type { OrgDeps } from '../../deps.ts';
import { expiryFault } from '../../domain/detective/exceptions.ts';
import { exceptionArn } from '../../domain/detective/names.ts';
import type { Tx } from '../../store/db.ts';
import { itemByArn, itemsByArn } from '../../store/detective/items.ts';
import {
  bumpRules,
  countExceptions,
  endException,
  exceptionById,
  insertException,
  listExceptions,
  ruleById,
} from '../../store/detective/rules.ts';
import type { ConfigExceptionTable } from '../../store/detective/tables.ts';
import { implement } from '../implement.ts';
import type { AnyCall } from '../standing.ts';
import { newId } from './ids.ts';
import { judgeItems } from './judge.ts';
import { filterPage, openAt } from './pages.ts';
import { asViewer, outOfReach, type Viewer, viewerOf } from './reach.ts';

function show(row: ConfigExceptionTable, now: number) {
  const scope = {
    resource: { ResourceArn: row.scope_id },
    account: { AccountId: row.scope_id },
    unit: { UnitId: row.scope_id },
  };
  return {
    ExceptionId: row.exception_id,
    RuleId: row.rule_id,
    Scope: scope[row.scope_kind],
    Category: row.category,
    Owner: row.owner,
    Reason: row.reason,
    CreatedBy: row.created_by,
    CreatedAt: row.created_at,
    ExpiresAt: row.expires_at,
    Active: row.expires_at > now,
  };
}

interface GivenScope {
  ResourceArn?: string | undefined;
  AccountId?: string | undefined;
  UnitId?: string | undefined;
}

type Scope = Pick<ConfigExceptionTable, 'scope_kind' | 'scope_id'>;

/** What the exception is about, within the reach of the caller: members answer for themselves only. */
async function readScope(call: AnyCall, deps: OrgDeps, viewer: Viewer, given: GivenScope): Promise<Scope> {
  const named = Object.values(given).filter((value) => value !== undefined);
  if (named.length !== 1) {
    throw call.fail('InvalidException', 'the scope is not exactly one resource, account or unit');
  }
  if (given.ResourceArn !== undefined) {
    const row = await itemByArn(deps.store.read, given.ResourceArn);
    if (!row || !viewer.places.reaches(viewer.accountId, row.account_id))
      throw outOfReach(call, `resource ${given.ResourceArn}`);
    return { scope_kind: 'resource', scope_id: given.ResourceArn };
  }
  if (given.AccountId !== undefined) {
    if (!viewer.places.reaches(viewer.accountId, given.AccountId)) throw outOfReach(call, `account ${given.AccountId}`);
    return { scope_kind: 'account', scope_id: given.AccountId };
  }
  const unit = given.UnitId as string;
  if (!viewer.office || !viewer.places.units.has(unit)) throw outOfReach(call, `unit ${unit}`);
  return { scope_kind: 'unit', scope_id: unit };
}

export const putConfigException = implement(PutConfigException, {
  async resolve(call, _input, deps) {
    return {
      targets: [{ resource: exceptionArn(deps.settings.partition, call.caller.accountId, '*') }],
      state: await viewerOf(call, deps),
    };
  },
  async run(call, input, viewer, deps) {
    const fault = expiryFault(input.ExpiresAt, call.now);
    if (fault) throw call.fail('InvalidException', fault);
    await requireRule(call, deps, viewer, input.RuleId);
    const scope = await readScope(call, deps, viewer, input.Scope);
    const { accountId } = viewer;
    const row: ConfigExceptionTable = {
      exception_id: newId(deps.ids, 'exc'),
      account_id: accountId,
      rule_id: input.RuleId,
      ...scope,
      category: input.Category,
      owner: input.Owner,
      reason: input.Reason,
      created_by: call.caller.arn,
      created_at: call.now,
      expires_at: input.ExpiresAt,
    };
    call.touches(
      exceptionArn(deps.settings.partition, accountId, row.exception_id),
      'Parapet::Config::Exception',
      accountId,
    );
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        const most = deps.detective.limits.exceptionsPerAccount;
        if ((await countExceptions(tx, accountId, call.now)) >= most)
          throw call.fail('LimitExceeded', `an account has at most ${most} exceptions in force`);
        await insertException(tx, row);
        if (row.scope_kind === 'resource') await judgeAgain(tx, deps, row.scope_id, call.now);
        return { Exception: show(row, call.now) };
      },
      () => deps.detective.forget(),
    );
  },
});

async function requireRule(call: AnyCall, deps: OrgDeps, viewer: Viewer, id: string): Promise<void> {
  if (id === '*' || deps.detective.library.guardrails.has(id)) return;
  const rule = await ruleById(deps.store.read, id);
  const visible = rule && [viewer.accountId, viewer.places.managementAccountId].includes(rule.account_id);
  if (!visible) throw outOfReach(call, `rule ${id}`);
}

/** One resource shows the exception at once; accounts and units within the pass that follows. */
async function judgeAgain(tx: Tx, deps: OrgDeps, arn: string, now: number): Promise<void> {
  const rows = [...(await itemsByArn(tx, [arn])).values()];
  await judgeItems(tx, await deps.detective.uncommitted(tx, now), rows, now);
}

export const listConfigExceptions = implement(ListConfigExceptions, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, viewer, deps) {
    const endedToo = input.IncludeEnded ?? false;
    const page = openAt<string>(deps, call, input, { endedToo });
    const account = viewer.office ? undefined : viewer.accountId;
    const { rows, ...next } = await filterPage<ConfigExceptionTable, string>(
      page,
      (after, limit) => listExceptions(deps.store.read, { account, endedToo, now: call.now }, after ?? '', limit),
      (row) => row.exception_id,
      (row) => viewer.places.reaches(viewer.accountId, row.account_id),
    );
    return { Exceptions: rows.map((row) => show(row, call.now)), ...next };
  },
});

export const deleteConfigException = implement(DeleteConfigException, {
  async resolve(call, input, deps) {
    const viewer = await viewerOf(call, deps);
    const row = await exceptionById(deps.store.read, input.ExceptionId);
    const found =
      row && row.expires_at > call.now && viewer.places.reaches(viewer.accountId, row.account_id) ? row : undefined;
    return {
      targets: [{ resource: exceptionArn(deps.settings.partition, call.caller.accountId, input.ExceptionId) }],
      state: found as ConfigExceptionTable,
      ...(!found && { absent: call.fail('NotFound', `exception ${input.ExceptionId} is not in force`) }),
    };
  },
  run(call, _input, row, deps) {
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        await endException(tx, row.exception_id, call.now);
        if (row.scope_kind === 'resource') await judgeAgain(tx, deps, row.scope_id, call.now);
        return undefined;
      },
      () => deps.detective.forget(),
    );
  },
});
