import { type Change, change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  CreateAcmeDirectory,
  DeleteAcmeDirectory,
  DescribeAcmeDirectory,
  ListAcmeDirectories,
  UpdateAcmeDirectory,
} from '../../api/acme/directories.ts';
import type { PcaDeps } from '../../deps.ts';
import { changedRules, defaultRules, readRules, rulesProblem, type WantedRules } from '../../domain/acme/directory.ts';
import { type DirectoryRow, directoryRowBytes, type PrincipalColumns } from '../../domain/acme/rows.ts';
import { MAX_ACME_DIRECTORIES_PER_AUTHORITY } from '../../domain/limits.ts';
import {
  countDirectories,
  guardedDirectory,
  insertDirectory,
  listDirectories,
  replaceDirectory,
} from '../../store/acme/directory-queries.ts';
import { type AnyCall, askAboutAuthority, conflict, missingAuthority, requireState } from '../authority-access.ts';
import { openPage } from '../page.ts';
import {
  bindTargets,
  boundPrincipal,
  DIRECTORY_TYPE,
  type Directory,
  directoryArn,
  resolveDirectory,
  showDirectory,
} from './directory-access.ts';

const implement = implementFor<PcaDeps>();
type Unsealed = Omit<DirectoryRow, 'row_mac'>;
const NOBODY: PrincipalColumns = { principal_id: '', principal_arn: '', principal_kind: 'user' };

export const createAcmeDirectory = implement(CreateAcmeDirectory, {
  async resolve(call, input, deps) {
    const { target, record } = await askAboutAuthority(call, deps, input.CertificateAuthorityArn);
    const targets = [target, ...bindTargets(call, input.PrincipalArn)];
    if (record) return { targets, state: record };
    const absent = missingAuthority(call, input.CertificateAuthorityArn);
    return { targets, state: undefined as never, absent };
  },
  async run(call, input, authority, deps) {
    requireState(call, 'Tag', authority);
    const { account_id, authority_id } = authority.row;
    const directory_id = deps.ids.uuidv7();
    const row: Unsealed = {
      ...{ directory_id, account_id, authority_id },
      name: input.Name ?? 'acme',
      state: 'active',
      rules: checkedRules(call, deps, defaultRules(deps.settings.partition), input),
      ...(await principalOf(call, deps, account_id, input.PrincipalArn, NOBODY)),
      created_at: call.now,
      version: 1,
    };
    requirePrincipal(call, row);
    const sealed = await sealedDirectory(deps, row);
    const directory = directoryOf(sealed, authority);
    call.touches(directory.arn, DIRECTORY_TYPE, account_id);
    return change(async (tx) => {
      if ((await countDirectories(tx, authority_id)) >= MAX_ACME_DIRECTORIES_PER_AUTHORITY)
        throw call.fail('LimitExceeded', `authority has ${MAX_ACME_DIRECTORIES_PER_AUTHORITY} ACME directories`);
      await insertDirectory(tx, sealed);
      return { Directory: showDirectory(directory) };
    });
  },
});

export const describeAcmeDirectory = implement(DescribeAcmeDirectory, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  run: (_call, _input, directory) => ({ Directory: showDirectory(directory) }),
});

export const listAcmeDirectories = implement(ListAcmeDirectories, {
  async resolve(call, input, deps) {
    const { target, record } = await askAboutAuthority(call, deps, input.CertificateAuthorityArn);
    if (record) return { targets: [target], state: record };
    const absent = missingAuthority(call, input.CertificateAuthorityArn);
    return { targets: [target], state: undefined as never, absent };
  },
  async run(call, input, authority, deps) {
    const page = openPage(call, deps, input, authority.arn);
    const found = await listDirectories(deps.store.read, authority.row.authority_id, page);
    await deps.guard.verify(found.map(guardedDirectory));
    const { rows, ...end } = page.end(found, ({ directory_id }) => directory_id);
    return { Directories: rows.map((row) => showDirectory(directoryOf(row, authority))), ...end };
  },
});

export const updateAcmeDirectory = implement(UpdateAcmeDirectory, {
  async resolve(call, input, deps) {
    const resolved = await resolveDirectory(call, deps, input);
    if (resolved.absent !== undefined || input.PrincipalArn !== undefined || !opens(input, resolved.state))
      return resolved;
    // SECURITY: whoever lets clients in without a binding lets them act for the principal that is there.
    const { principal_arn } = resolved.state.row;
    return { ...resolved, targets: [...resolved.targets, ...bindTargets(call, principal_arn)] };
  },
  async run(call, input, directory, deps) {
    const row = {
      name: input.Name ?? directory.row.name,
      rules: checkedRules(call, deps, directory.rules, input),
      ...(await principalOf(call, deps, directory.row.account_id, input.PrincipalArn, directory.row)),
    };
    return changeDirectory(call, deps, directory, row, (changed) => ({ Directory: showDirectory(changed) }));
  },
});

function opens(input: WantedRules, { row, rules }: Directory): boolean {
  return input.ExternalAccountRequired === false && rules.bindingRequired && row.principal_arn !== '';
}

export const deleteAcmeDirectory = implement(DeleteAcmeDirectory, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  run: (call, _input, directory, deps) => changeDirectory(call, deps, directory, { state: 'deleted' }, () => undefined),
});

async function changeDirectory<Output>(
  call: AnyCall,
  deps: PcaDeps,
  { row: { row_mac, ...row }, authority }: Directory,
  edit: Partial<Unsealed>,
  output: (changed: Directory) => Output,
): Promise<Change<Output>> {
  const changed = { ...row, ...edit, version: row.version + 1 };
  requirePrincipal(call, changed);
  const sealed = await sealedDirectory(deps, changed);
  return change(async (tx) => {
    if (!(await replaceDirectory(tx, sealed))) throw conflict(call, authority);
    return output(directoryOf(sealed, authority));
  });
}

async function sealedDirectory(deps: PcaDeps, row: Unsealed): Promise<DirectoryRow> {
  const [row_mac] = await deps.guard.seal([directoryRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

function directoryOf(row: DirectoryRow, authority: Directory['authority']): Directory {
  return { row, rules: readRules(row.rules), arn: directoryArn(authority, row.directory_id), authority };
}

function checkedRules(call: AnyCall, deps: PcaDeps, rules: Directory['rules'], wanted: WantedRules): string {
  const changed = changedRules(rules, wanted);
  const problem = rulesProblem(changed, deps.settings.partition);
  if (problem !== undefined) throw call.fail('InvalidArgs', problem);
  return JSON.stringify(changed);
}

async function principalOf(
  call: AnyCall,
  deps: PcaDeps,
  accountId: string,
  arn: string | undefined,
  otherwise: PrincipalColumns,
): Promise<PrincipalColumns> {
  const { principal_id, principal_arn, principal_kind } = otherwise;
  return arn === undefined
    ? { principal_id, principal_arn, principal_kind }
    : boundPrincipal(call, deps, accountId, arn);
}

/** SECURITY: what no key binds to somebody would be nobody's. */
function requirePrincipal(call: AnyCall, row: Pick<DirectoryRow, 'rules' | 'principal_arn'>): void {
  if (readRules(row.rules).bindingRequired || row.principal_arn !== '') return;
  throw call.fail('InvalidArgs', 'accounts without a binding have to act for somebody', {
    hint: 'give PrincipalArn, or leave ExternalAccountRequired true',
  });
}
