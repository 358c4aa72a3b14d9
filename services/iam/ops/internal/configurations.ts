/** Identities for the detective engine: some by ARN, or all of them account after account. */

import { parseArn } from '../../../../platform/contract/arn.ts';
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import { DescribeConfigurations, ListConfigurations } from '../../api/configurations.ts';
import type { IamDeps } from '../../deps.ts';
import { type ArnScope, mfaArn, type PathName } from '../../domain/names.ts';
import { accountById, listAccounts } from '../../store/accounts.ts';
import { policyItems } from '../../store/configurations/policies.ts';
import { deviceItems, namespaceItems, projectItems } from '../../store/configurations/resources.ts';
import { roleItems } from '../../store/configurations/roles.ts';
import { rootItem } from '../../store/configurations/root.ts';
import { groupItems, userItems } from '../../store/configurations/users.ts';
import type { Db, Range } from '../../store/db.ts';
import { listProjects, projectById } from '../../store/enterprise-projects.ts';
import { groupByName, listGroups, usersOfGroup } from '../../store/groups.ts';
import { deviceBySerial, listDevices } from '../../store/mfa-devices.ts';
import { listNamespaces, namespaceByName } from '../../store/namespaces.ts';
import { listPolicies, policyByName } from '../../store/policies.ts';
import { listRoles, roleByName } from '../../store/roles.ts';
import { listUsers, userByName } from '../../store/users.ts';
import { implement } from '../implement.ts';

/** Members that are described together with their group: what a group gives is part of what they have. */
const MEMBERS = 200;
const DEFAULT_LIMIT = 200;
export const describeConfigurations = implement(DescribeConfigurations, {
  resolve: noResource,
  async run(_call, { Resources }, _state, deps) {
    const items = new Map<string, ConfigurationItem>();
    for (const arn of Resources) {
      const found = await deps.store.snapshot((view) => describe(view, deps, arn));
      for (const item of found) items.set(item.Arn, item.Arn === arn ? item : { ...item, Because: arn });
    }
    return { Items: [...items.values()].slice(0, 1_000) };
  },
});

async function describe(view: Db, deps: IamDeps, text: string): Promise<ConfigurationItem[]> {
  const arn = parseArn(text);
  const { partition, region } = deps.settings;
  if (arn?.partition !== partition || !/^\d{12}$/.test(arn.accountId)) return [];
  const kind = KINDS.find(
    ({ type, global }) =>
      isOfType(arn.resource, type) &&
      arn.service === (global ? 'iam' : 'authz') &&
      arn.region === (global ? '' : region),
  );
  if (!kind) return [];
  const end = arn.resource.lastIndexOf('/') + 1;
  const named = { path: arn.resource.slice(kind.type.length, end), name: arn.resource.slice(end) };
  const found = await kind.find(view, { partition, region, accountId: arn.accountId }, named);
  if (found.some((item) => item.Arn === text)) return found;
  const Type = `${arn.service}:${kind.type}`;
  const Name = kind.type === 'root' ? arn.accountId : named.name;
  return [{ Arn: text, Type, AccountId: arn.accountId, Name, Tags: {}, Configuration: '{}', Deleted: true }, ...found];
}

function isOfType(resource: string, type: string): boolean {
  if (type === 'root') return resource === type;
  return resource.startsWith(`${type}/`) && !resource.endsWith('/');
}

type Scope = ArnScope & { region: string };

interface Kind {
  /** First part of the resource in an ARN. */
  type: string;
  /** ARNs of iam have no region. */
  global: boolean;
  /** The resource, and others that depend on it. A name under another path is another ARN: what had this one is gone. */
  find(view: Db, scope: Scope, named: PathName): Promise<ConfigurationItem[]>;
  /** A page of all there are in an account, and where it ended. */
  list(view: Db, scope: Scope, range: Range): Promise<Listed>;
}

interface Listed {
  items: ConfigurationItem[];
  /** Undefined: there are no more. */
  after?: string | undefined;
}

/** Of what has a name under a path: in the order of names. */
function byName<Row extends { name_key: string }>(
  listRows: (view: Db, accountId: string, pathPrefix: string, range: Range) => Promise<Row[]>,
  itemsOf: (view: Db, scope: Scope, rows: Row[]) => Promise<ConfigurationItem[]>,
): Kind['list'] {
  return async (view, scope, range) => {
    const rows = await listRows(view, scope.accountId, '/', range);
    return { items: await itemsOf(view, scope, rows), after: lastOf(rows, range)?.name_key };
  };
}

/** In the order in which a walk meets them. */
const KINDS: readonly Kind[] = [
  {
    type: 'root',
    global: true,
    find: rootOf,
    list: async (view, scope) => ({ items: await rootOf(view, scope) }),
  },
  {
    type: 'user',
    global: true,
    async find(view, scope, { path, name }) {
      const user = await userByName(view, scope.accountId, name);
      return user?.path === path ? userItems(view, scope, [user]) : [];
    },
    list: byName(listUsers, userItems),
  },
  {
    type: 'group',
    global: true,
    async find(view, scope, { path, name }) {
      const group = await groupByName(view, scope.accountId, name);
      if (group?.path !== path) return [];
      const members = await usersOfGroup(view, group.group_id, { after: undefined, limit: MEMBERS });
      return [...(await groupItems(view, scope, [group])), ...(await userItems(view, scope, members))];
    },
    list: byName(listGroups, groupItems),
  },
  {
    type: 'role',
    global: true,
    /** With the root user, who tells which roles the account has. */
    async find(view, scope, { path, name }) {
      const role = await roleByName(view, scope.accountId, name);
      const own = role?.path === path ? await roleItems(view, scope, [role]) : [];
      return [...own, ...(await rootOf(view, scope))];
    },
    list: byName(listRoles, roleItems),
  },
  {
    type: 'policy',
    global: true,
    async find(view, scope, { path, name }) {
      const policy = await policyByName(view, scope.accountId, path, name);
      return policy ? policyItems(view, scope, [policy]) : [];
    },
    list: byName(listPolicies, policyItems),
  },
  {
    type: 'mfa',
    global: true,
    async find(view, scope, { path, name }) {
      const device = await deviceBySerial(view, scope.accountId, mfaArn(scope, path, name));
      return device ? deviceItems(view, [device]) : [];
    },
    async list(view, scope, range) {
      const rows = await listDevices(view, scope.accountId, 'Any', range);
      return { items: await deviceItems(view, rows), after: lastOf(rows, range)?.serial };
    },
  },
  {
    type: 'enterprise-project',
    global: true,
    async find(view, scope, { name }) {
      const project = await projectById(view, scope.accountId, name);
      return project ? projectItems(scope, [project]) : [];
    },
    async list(view, scope, range) {
      const rows = await listProjects(view, scope.accountId, {}, range);
      return { items: projectItems(scope, rows), after: lastOf(rows, range)?.name_key };
    },
  },
  {
    type: 'namespace',
    global: false,
    async find(view, scope, { name }) {
      const namespace = await namespaceByName(view, scope.accountId, name);
      return namespace ? namespaceItems(scope, [namespace]) : [];
    },
    async list(view, scope, range) {
      const rows = await listNamespaces(view, scope.accountId, range);
      return { items: namespaceItems(scope, rows), after: lastOf(rows, range)?.name };
    },
  },
];

async function rootOf(view: Db, { partition, accountId }: Scope): Promise<ConfigurationItem[]> {
  const account = await accountById(view, accountId);
  return account ? [await rootItem(view, partition, account)] : [];
}

/** Of a full page: there may be more. */
function lastOf<Row>(rows: readonly Row[], { limit }: Range): Row | undefined {
  return rows.length === limit ? rows.at(-1) : undefined;
}

/** Where a walk stands: an account, one of its kinds, and the last one of that kind. */
interface Position {
  account: string;
  kind: string;
  after?: string;
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const { partition, region } = deps.settings;
    return deps.store.snapshot(async (view) => {
      const from = input.After === undefined ? undefined : (JSON.parse(input.After) as Position);
      const position = from ?? (await nextAccount(view, undefined));
      if (!position) return { Items: [] };
      const kind = KINDS.find(({ type }) => type === position.kind);
      const scope = { partition, region, accountId: position.account };
      const { items, after } = (await kind?.list(view, scope, { after: position.after, limit })) ?? { items: [] };
      const next =
        after !== undefined
          ? { ...position, after }
          : (nextKind(position) ?? (await nextAccount(view, position.account)));
      return { Items: items, ...(next && { Next: JSON.stringify(next) }) };
    });
  },
});

async function nextAccount(view: Db, after: string | undefined): Promise<Position | undefined> {
  const [account] = await listAccounts(view, { after, limit: 1 });
  return account && { account: account.account_id, kind: 'root' };
}

function nextKind({ account, kind }: Position): Position | undefined {
  const next = KINDS[KINDS.findIndex(({ type }) => type === kind) + 1];
  return next && { account, kind: next.type };
}
