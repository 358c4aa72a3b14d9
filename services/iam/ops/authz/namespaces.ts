import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Resolved } from '../../../../platform/runtime/call.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import { DeleteNamespace, DescribeNamespace, ListNamespaces, RegisterNamespace } from '../../api/authz.ts';
import type { IamDeps } from '../../deps.ts';
import { PRODUCT_PREFIXES } from '../../domain/known-actions.ts';
import { namespaceArn } from '../../domain/names.ts';
import { checkNamespace, parseDefinition, writeDefinition } from '../../domain/namespace.ts';
import { lockAccount } from '../../store/accounts.ts';
import {
  deleteNamespace as deleteRow,
  insertNamespace,
  listNamespaces as listRows,
  namespaceByName,
} from '../../store/namespaces.ts';
import type { NamespaceTable } from '../../store/schema.ts';
import { policyChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { requireOpenProject } from '../projects/about-project.ts';
import { inProject, scopeOf } from '../targets.ts';

const missing = (name: string) => `namespace ${name} does not exist`;

function showNamespace(row: NamespaceTable) {
  const { Actions, ConditionKeys } = parseDefinition(row.definition);
  return {
    Name: row.name,
    Actions,
    ...(ConditionKeys && { ConditionKeys }),
    EnterpriseProjectId: row.enterprise_project_id,
  };
}

function arnOf(call: Call<AnyOperation>, deps: IamDeps, name: string): string {
  return namespaceArn({ ...scopeOf(call, deps), region: deps.settings.region }, name);
}

async function aboutNamespace(
  call: Call<AnyOperation>,
  deps: IamDeps,
  name: string,
): Promise<Resolved<NamespaceTable>> {
  const row = await namespaceByName(deps.store.read, call.caller.accountId, name);
  return {
    targets: [{ resource: arnOf(call, deps, name), ...inProject(call, row) }],
    state: row as NamespaceTable,
    ...(!row && { absent: call.fail('NotFound', missing(name)) }),
  };
}

export const registerNamespace = implement(RegisterNamespace, {
  resolve: (call, input, deps) => ({
    targets: [{ resource: arnOf(call, deps, input.Name), project: input.EnterpriseProjectId ?? DEFAULT_PROJECT }],
    state: undefined,
  }),
  run(call, input, _state, deps) {
    const { Name, Actions, ConditionKeys } = input;
    const { accountId } = call.caller;
    const prefixes = [...PRODUCT_PREFIXES, ...(deps.catalogue?.services.keys() ?? [])];
    const problem = checkNamespace(Name, Actions, ConditionKeys ?? [], prefixes);
    if (problem?.taken) throw call.fail('EntityAlreadyExists', problem.message, { hint: 'choose another name' });
    if (problem) {
      throw call.fail('Validation', problem.message, {
        details: { issues: [{ path: [problem.member], rule: 'custom', message: problem.message }] },
      });
    }
    const row: NamespaceTable = {
      account_id: accountId,
      name: Name,
      definition: writeDefinition(Actions, ConditionKeys),
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
    };
    return policyChange(deps, call, 'namespace', Name, async (tx) => {
      await lockAccount(tx, accountId);
      await requireOpenProject(tx, call, row.enterprise_project_id);
      const limit = deps.limits.namespacesPerAccount;
      const held = await listRows(tx, accountId, { after: undefined, limit });
      if (held.length >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for NamespacesPerAccount: ${limit}`);
      await unlessTaken(insertNamespace(tx, row), () =>
        call.fail('EntityAlreadyExists', `namespace ${Name} is already registered`, {
          hint: 'delete it first to declare other actions',
        }),
      );
      return { Namespace: showNamespace(row) };
    });
  },
});

export const listNamespaces = implement(ListNamespaces, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const page = openPage(deps, call, input);
    const found = await listRows(deps.store.read, call.caller.accountId, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.name);
    return { Namespaces: rows.map(showNamespace), ...output };
  },
});

export const describeNamespace = implement(DescribeNamespace, {
  resolve: (call, input, deps) => aboutNamespace(call, deps, input.Name),
  run: (_call, _input, row) => ({ Namespace: showNamespace(row) }),
});

export const deleteNamespace = implement(DeleteNamespace, {
  resolve: (call, input, deps) => aboutNamespace(call, deps, input.Name),
  run(call, input, _row, deps) {
    return policyChange(deps, call, 'namespace', input.Name, async (tx) => {
      if (!(await deleteRow(tx, call.caller.accountId, input.Name))) throw call.fail('NotFound', missing(input.Name));
      return undefined;
    });
  },
});
