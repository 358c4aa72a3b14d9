/** Identities for the detective engine: some by ARN, or all of them account after account. */

import { parseArn } from '../../../../platform/contract/arn.ts';
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import { DescribeConfigurations, ListConfigurations } from '../../api/configurations.ts';
import type { IamDeps } from '../../deps.ts';
import type { ArnScope, PathName } from '../../domain/names.ts';
import { accountById, listAccounts } from '../../store/accounts.ts';
import { groupItems, policyItems, rootItem, userItems } from '../../store/configurations.ts';
import type { Db } from '../../store/db.ts';
import { groupByName, listGroups, usersOfGroup } from '../../store/groups.ts';
import { listPolicies, policyByName } from '../../store/policies.ts';
import { listUsers, userByName } from '../../store/users.ts';
import { implement } from '../implement.ts';

/** Members that are described together with their group: what a group gives is part of what they have. */
const MEMBERS = 200;
const DEFAULT_LIMIT = 200;
const TYPED = /^(user|group|policy)(\/(?:.*\/)?)([^/]+)$/;

export const describeConfigurations = implement(DescribeConfigurations, {
  resolve: noResource,
  async run(_call, { Resources }, _state, deps) {
    const items = new Map<string, ConfigurationItem>();
    for (const arn of Resources) {
      const found = await deps.store.snapshot((view) => describe(view, deps, arn));
      for (const item of found) items.set(item.Arn, item);
    }
    return { Items: [...items.values()].slice(0, 1_000) };
  },
});

async function describe(view: Db, deps: IamDeps, text: string): Promise<ConfigurationItem[]> {
  const arn = parseArn(text);
  const { partition } = deps.settings;
  if (arn?.service !== 'iam' || arn.partition !== partition || !/^\d{12}$/.test(arn.accountId)) return [];
  const scope = { partition, accountId: arn.accountId };
  if (arn.resource === 'root') {
    const account = await accountById(view, arn.accountId);
    return account
      ? [await rootItem(view, partition, account)]
      : [gone(text, 'iam:root', arn.accountId, arn.accountId)];
  }
  const [, type, path, name] = TYPED.exec(arn.resource) ?? [];
  if (type === undefined || path === undefined || name === undefined) return [];
  const found = await FINDERS[type as keyof typeof FINDERS](view, scope, { path, name });
  return found.length > 0 ? found : [gone(text, `iam:${type}`, arn.accountId, name)];
}

type Finder = (view: Db, scope: ArnScope, named: PathName) => Promise<ConfigurationItem[]>;

/** A name under another path is another ARN: what had this one is gone. */
const FINDERS: Readonly<Record<'user' | 'group' | 'policy', Finder>> = {
  async user(view, scope, { path, name }) {
    const user = await userByName(view, scope.accountId, name);
    return user?.path === path ? userItems(view, scope, [user]) : [];
  },
  async group(view, scope, { path, name }) {
    const group = await groupByName(view, scope.accountId, name);
    if (group?.path !== path) return [];
    const members = await usersOfGroup(view, group.group_id, { after: undefined, limit: MEMBERS });
    return [...(await groupItems(view, scope, [group])), ...(await userItems(view, scope, members))];
  },
  async policy(view, scope, { path, name }) {
    const policy = await policyByName(view, scope.accountId, path, name);
    return policy ? policyItems(view, scope, [policy]) : [];
  },
};

function gone(Arn: string, Type: string, AccountId: string, Name: string): ConfigurationItem {
  return { Arn, Type, AccountId, Name, Tags: {}, Configuration: '{}', Deleted: true };
}

const STEPS = ['root', 'user', 'group', 'policy'] as const;

/** Where a walk stands: an account, one of its kinds, and the last name of that kind. */
interface Position {
  account: string;
  step: (typeof STEPS)[number];
  after?: string;
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const from = input.After === undefined ? undefined : (JSON.parse(input.After) as Position);
    return deps.store.snapshot(async (view) => {
      const position = from ?? (await nextAccount(view, undefined));
      if (!position) return { Items: [] };
      const { items, after } = await readStep(view, deps, position, limit);
      const next =
        after !== undefined
          ? { ...position, after }
          : (nextStep(position) ?? (await nextAccount(view, position.account)));
      return { Items: items, ...(next && { Next: JSON.stringify(next) }) };
    });
  },
});

async function nextAccount(view: Db, after: string | undefined): Promise<Position | undefined> {
  const [account] = await listAccounts(view, { after, limit: 1 });
  return account && { account: account.account_id, step: 'root' };
}

function nextStep({ account, step }: Position): Position | undefined {
  const next = STEPS[STEPS.indexOf(step) + 1];
  return next && { account, step: next };
}

async function readStep(
  view: Db,
  deps: IamDeps,
  { account, step, after }: Position,
  limit: number,
): Promise<{ items: ConfigurationItem[]; after?: string }> {
  const scope = { partition: deps.settings.partition, accountId: account };
  const range = { after, limit };
  const last = (rows: readonly { name_key: string }[]) => (rows.length === limit ? rows.at(-1)?.name_key : undefined);
  const answer = (items: ConfigurationItem[], position: string | undefined) => ({
    items,
    ...(position !== undefined && { after: position }),
  });
  if (step === 'root') {
    const row = await accountById(view, account);
    return { items: row ? [await rootItem(view, scope.partition, row)] : [] };
  }
  if (step === 'user') {
    const rows = await listUsers(view, account, '/', range);
    return answer(await userItems(view, scope, rows), last(rows));
  }
  if (step === 'group') {
    const rows = await listGroups(view, account, '/', range);
    return answer(await groupItems(view, scope, rows), last(rows));
  }
  const rows = await listPolicies(view, account, '/', range);
  return answer(await policyItems(view, scope, rows), last(rows));
}
