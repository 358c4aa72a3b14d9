/** From a request about a directory of an authority to its row, verified, and what its rules say. */
import type { AuthorizationTarget, Resolved } from '../../../../platform/runtime/call.ts';
import { BIND_ACTION } from '../../api/acme/directories.ts';
import { ACME_PATH } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { type DirectoryRules, readRules } from '../../domain/acme/directory.ts';
import type { DirectoryRow, PrincipalColumns } from '../../domain/acme/rows.ts';
import { guardedDirectory, readDirectory } from '../../store/acme/directory-queries.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { type AnyCall, askAboutAuthority, missingAuthority } from '../authority-access.ts';

export const DIRECTORY_TYPE = 'Parapet::PCA::AcmeDirectory';

export interface Directory {
  row: DirectoryRow;
  rules: DirectoryRules;
  arn: string;
  authority: AuthorityRecord;
}

export const directoryArn = (authority: AuthorityRecord, id: string) => `${authority.arn}/acme-directory/${id}`;

/** Undefined: there is none, or it was deleted, or its authority is not there any more. */
export async function directoryById(deps: PcaDeps, directoryId: string): Promise<Directory | undefined> {
  const row = await readDirectory(deps.store.read, directoryId);
  if (!row) return undefined;
  await deps.guard.verify([guardedDirectory(row)]);
  if (row.directory_id !== directoryId)
    throw deps.guard.refuse(`ACME directory ${directoryId}`, 'the row is about another directory');
  const authority = row.state === 'active' ? await deps.authorities.byId(row.authority_id) : undefined;
  if (!authority || authority.row.state === 'DELETED') return undefined;
  return { row, rules: readRules(row.rules), arn: directoryArn(authority, directoryId), authority };
}

/** Who does not see the authority does not see its directories; a directory of another authority is none of this one. */
export async function resolveDirectory(
  call: AnyCall,
  deps: PcaDeps,
  input: { CertificateAuthorityArn: string; DirectoryId: string; PrincipalArn?: string | undefined },
): Promise<Resolved<Directory>> {
  const { target, record } = await askAboutAuthority(call, deps, input.CertificateAuthorityArn);
  const targets = [target, ...bindTargets(call, input.PrincipalArn)];
  const refused = (absent: ReturnType<typeof missingAuthority>) => ({ targets, state: undefined as never, absent });
  if (!record) return refused(missingAuthority(call, input.CertificateAuthorityArn));
  const found = await directoryById(deps, input.DirectoryId);
  if (found?.row.authority_id !== record.row.authority_id)
    return refused(
      call.fail('NotFound', `ACME directory ${input.DirectoryId} does not exist`, {
        hint: 'ListAcmeDirectories shows those of the authority',
      }),
    );
  call.touches(found.arn, DIRECTORY_TYPE, found.row.account_id);
  return { targets, state: found };
}

/** SECURITY: letting a client act for somebody else is a permission of its own, on that one. */
export function bindTargets(call: AnyCall, principalArn: string | undefined): AuthorizationTarget[] {
  if (principalArn === undefined || principalArn === call.caller.arn) return [];
  const accountId = principalArn.split(':')[4] ?? '';
  return [{ action: BIND_ACTION, resource: principalArn, accountId }];
}

/** The principal that clients are to act for, of the account of the directory. Default: the caller, when it stays. */
export async function boundPrincipal(
  call: AnyCall,
  deps: PcaDeps,
  accountId: string,
  principalArn: string | undefined,
): Promise<PrincipalColumns> {
  const arn = principalArn ?? call.caller.arn;
  const kind = kindOf(arn, deps.settings.partition, accountId);
  if (!kind)
    throw call.fail('InvalidArgs', `${arn} is no user or role of the account`, {
      hint: 'name a user or a role in PrincipalArn; a session ends, so nobody can act for it',
    });
  const { Principals } = await deps.clients.iam.ResolvePrincipals({ Arns: [arn] });
  const found = Principals.find((principal) => principal.Arn === arn);
  if (!found) throw call.fail('InvalidArgs', `principal ${arn} does not exist`);
  return { principal_id: found.PrincipalId, principal_arn: arn, principal_kind: kind };
}

function kindOf(arn: string, partition: string, accountId: string): PrincipalColumns['principal_kind'] | undefined {
  const start = `arn:${partition}:iam::${accountId}:`;
  if (!arn.startsWith(start)) return undefined;
  const [kind] = arn.slice(start.length).split('/');
  return kind === 'root' || kind === 'user' || kind === 'role' ? kind : undefined;
}

export function showDirectory({ row, rules, arn, authority }: Directory) {
  return {
    DirectoryId: row.directory_id,
    Arn: arn,
    CertificateAuthorityArn: authority.arn,
    Path: `${ACME_PATH}${row.directory_id}/directory`,
    Name: row.name,
    TemplateArn: rules.template,
    ValidityDays: rules.validityDays,
    Zones: [...rules.zones],
    AddressRanges: [...rules.addresses],
    AllowWildcards: rules.wildcards,
    PreapprovedZones: [...rules.preapproved],
    ValidationNetworks: [...rules.networks],
    ExternalAccountRequired: rules.bindingRequired,
    ...(row.principal_arn !== '' && { PrincipalArn: row.principal_arn }),
    CreatedAt: row.created_at,
  };
}
