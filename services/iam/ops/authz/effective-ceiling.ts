import type { Level } from '../../../../policies/engine/index.ts';
import { GetEffectiveCeiling } from '../../api/analysis.ts';
import { actionList } from '../../domain/action-list.ts';
import { Ceiling } from '../../domain/ceiling.ts';
import { accountById } from '../../store/accounts.ts';
import { ofManagement } from '../accounts/management.ts';
import { implement } from '../implement.ts';
import { openPage } from '../pages.ts';

export const getEffectiveCeiling = implement(GetEffectiveCeiling, {
  async resolve(call, input, deps) {
    const accountId = input.AccountId ?? call.caller.accountId;
    if (accountId === call.caller.accountId) return { targets: [{ resource: '*' }], state: accountId };
    const exists = await accountById(deps.store.read, accountId);
    return {
      targets: (await ofManagement(deps)).targets,
      state: accountId,
      ...(!exists && { absent: call.fail('NotFound', `account ${accountId} does not exist`) }),
    };
  },
  async run(call, input, accountId, deps) {
    const { Marker, MaxItems, ...question } = input;
    const page = openPage(deps, call, { Marker, MaxItems }, question);
    // The applications of the account whose ceiling it is.
    const namespaces = await deps.namespaces.of(accountId);
    const guardrails = call.organization.guardrails(accountId, accountId);
    const ceiling = new Ceiling(accountId, guardrails);
    const { after } = page.range;
    const actions = actionList({ catalogue: deps.catalogue, namespaces }, input.Service)
      .filter(({ key }) => after === undefined || key > after)
      .map(({ name, key }) => ({ key, Action: name, ...ceiling.of(name) }))
      .filter(({ Ceiling: name }) => input.Ceiling === undefined || input.Ceiling === name);
    const shown = actions.slice(0, page.limit);
    const last = shown.at(-1);
    const IsTruncated = shown.length < actions.length;
    return {
      AccountId: accountId,
      Levels: [...levelsOf('rcp', guardrails.rcp), ...levelsOf('scp', guardrails.scp)],
      Actions: shown.map(({ key: _, ...action }) => action),
      IsTruncated,
      ...(IsTruncated && last && { Marker: deps.pages.seal(page.scope, last.key) }),
    };
  },
});

function levelsOf(Layer: 'scp' | 'rcp', levels: readonly Level[] = []) {
  return levels.map(({ id, name, set }) => ({
    Layer,
    Level: { Id: id, Name: name },
    Policies: set.policies.map(({ source }) => ({
      PolicyArn: source.arn,
      ...(source.name !== undefined && { PolicyName: source.name }),
      ...(source.version !== undefined && { Version: source.version }),
    })),
  }));
}
