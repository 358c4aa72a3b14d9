/** From the name in a request to a target, and to the question that authorization is asked about it. */
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { AuthorizationTarget, Resolved } from '../../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../../deps.ts';
import { targetArn } from '../../domain/target-ref.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { type AnyCall, placeOf } from '../secret-access.ts';

export const TARGET_TYPE = 'Parapet::SecretsManager::Target';

export interface TargetAnswer {
  target: AuthorizationTarget;
  /** Undefined: the account has no such target. */
  record: TargetRecord | undefined;
}

/** Targets are named within the caller's account; there is no way to name one of another. */
export async function askAboutTarget(call: AnyCall, deps: CcmsDeps, name: string): Promise<TargetAnswer> {
  const place = placeOf(call, deps);
  const record = await deps.targets.byName(place.accountId, name);
  if (record) call.touches(record.arn, TARGET_TYPE, place.accountId);
  const project = record?.row.enterprise_project_id ?? DEFAULT_PROJECT;
  return { target: { resource: targetArn(place, name), project }, record };
}

/** `resolve` of an operation on one target. */
export async function resolveTarget(call: AnyCall, deps: CcmsDeps, name: string): Promise<Resolved<TargetRecord>> {
  const { target, record } = await askAboutTarget(call, deps, name);
  if (record) return { targets: [target], state: record };
  return { targets: [target], state: undefined as never, absent: missingTarget(call, name) };
}

export function missingTarget(call: AnyCall, name: string) {
  return call.fail('NotFound', `target ${name} does not exist`, { hint: 'ListTargets shows those of the account' });
}

export function showTarget({ row, arn, endpoints, tls }: TargetRecord) {
  return {
    Arn: arn,
    Name: row.name,
    Description: row.description,
    Engine: row.engine,
    Endpoints: [...endpoints],
    Tls: tls,
    ...(row.database !== '' && { Database: row.database }),
    ...(row.from_host !== '' && { FromHost: row.from_host }),
    ...(row.saved_in !== '' && { SavedIn: row.saved_in }),
    AdminSecretArn: row.admin_secret_arn,
    RoleArn: row.role_arn,
    EnterpriseProjectId: row.enterprise_project_id,
    CreatedDate: row.created_at,
    LastChangedDate: row.changed_at,
  };
}
