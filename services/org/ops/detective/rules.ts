/** Rules of customers. */
import { change } from '../../../../platform/runtime/call.ts';
import { compileCel } from '../../../../policies/baselines/cel.ts';
import { DeleteConfigRule, ListConfigRules, PutConfigRule } from '../../api/config-rules.ts';
import { ruleArn } from '../../domain/detective/names.ts';
import type { Tx } from '../../store/db.ts';
import { allRules, bumpRules, countRules, deleteRule, ruleById, writeRule } from '../../store/detective/rules.ts';
import type { ConfigRuleTable } from '../../store/detective/tables.ts';
import { implement } from '../implement.ts';
import { newId } from './ids.ts';
import { openAt, slicePage } from './pages.ts';
import { asViewer, mayBind, viewerOf } from './reach.ts';

function show(row: ConfigRuleTable) {
  return {
    RuleId: row.rule_id,
    AccountId: row.account_id,
    Target: row.target_id,
    Title: row.title,
    Severity: row.severity,
    ResourceTypes: JSON.parse(row.types) as string[],
    Expression: row.expression,
    Message: row.message,
    Parameters: JSON.parse(row.parameters) as Record<string, string>,
    CreatedAt: row.created_at,
    UpdatedAt: row.updated_at,
  };
}

export const putConfigRule = implement(PutConfigRule, {
  async resolve(call, input, deps) {
    const viewer = await viewerOf(call, deps);
    const { accountId } = viewer;
    const found = input.RuleId === undefined ? undefined : await ruleById(deps.store.read, input.RuleId);
    const own = found?.account_id === accountId ? found : undefined;
    const missing = input.RuleId !== undefined && !own;
    return {
      targets: [{ resource: ruleArn(deps.settings.partition, accountId, input.RuleId ?? '*') }],
      state: { viewer, before: own },
      ...(missing && { absent: call.fail('NotFound', `rule ${input.RuleId} does not exist`) }),
    };
  },
  run(call, input, { viewer, before }, deps) {
    const target = input.Target ?? before?.target_id ?? viewer.accountId;
    if (!mayBind(viewer, target)) {
      throw call.fail('ForbiddenTarget', `this account cannot put a rule in force for ${target}`, {
        hint: 'the management account binds units and other accounts',
      });
    }
    const read = compileCel(input.Expression);
    if (!read.ok) throw call.fail('InvalidRule', `the expression cannot be used: ${read.fault}`);
    const row: ConfigRuleTable = {
      rule_id: before?.rule_id ?? newId(deps.ids, 'rule'),
      account_id: viewer.accountId,
      target_id: target,
      title: input.Title,
      severity: input.Severity,
      types: JSON.stringify(input.ResourceTypes),
      expression: input.Expression,
      message: input.Message,
      parameters: JSON.stringify(input.Parameters ?? {}),
      created_at: before?.created_at ?? call.now,
      updated_at: call.now,
    };
    call.touches(
      ruleArn(deps.settings.partition, viewer.accountId, row.rule_id),
      'Parapet::Config::Rule',
      viewer.accountId,
    );
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        const most = deps.detective.limits.rulesPerAccount;
        if (!before && (await countRules(tx, viewer.accountId)) >= most)
          throw call.fail('LimitExceeded', `an account has at most ${most} rules`);
        await writeRule(tx, row);
        return { Rule: show(row) };
      },
      () => deps.detective.forget(),
    );
  },
});

export const listConfigRules = implement(ListConfigRules, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, viewer, deps) {
    const bound = new Set([...viewer.places.unitsOf(viewer.accountId), viewer.accountId]);
    const rows = (await allRules(deps.store.read)).filter(
      (row) =>
        row.account_id === viewer.accountId ||
        // What binds a member was written by the management account of its own organization.
        (row.account_id === viewer.places.managementAccountId && bound.has(row.target_id) && inOrganization(viewer)),
    );
    const page = slicePage(openAt<string>(deps, call, input, null), rows, (row) => row.rule_id);
    const { rows: shown, ...next } = page;
    return { Rules: shown.map(show), ...next };
  },
});

const inOrganization = ({ places, accountId }: Awaited<ReturnType<typeof viewerOf>>) =>
  places.place(accountId) !== undefined;

export const deleteConfigRule = implement(DeleteConfigRule, {
  async resolve(call, input, deps) {
    const { accountId } = call.caller;
    const row = await ruleById(deps.store.read, input.RuleId);
    const missing = row?.account_id !== accountId;
    return {
      targets: [{ resource: ruleArn(deps.settings.partition, accountId, input.RuleId) }],
      state: undefined,
      ...(missing && { absent: call.fail('NotFound', `rule ${input.RuleId} does not exist`) }),
    };
  },
  run(call, input, _state, deps) {
    return change(
      async (transaction) => {
        const tx = transaction as Tx;
        await bumpRules(tx);
        if (!(await deleteRule(tx, input.RuleId))) throw call.fail('NotFound', `rule ${input.RuleId} does not exist`);
        return undefined;
      },
      () => deps.detective.forget(),
    );
  },
});
