/** What a resource policy must pass before it is stored, and the operations on it. */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { missingPrincipals, resolveNamed } from '../../../platform/authz/named-principals.ts';
import type { ErrorDetails } from '../../../platform/contract/error.ts';
import { implementFor, type Resolved } from '../../../platform/runtime/call.ts';
import { bindPolicy, type PolicySet, readResourcePolicy } from '../../../policies/engine/index.ts';
import { DeleteResourcePolicy, GetResourcePolicy, PutResourcePolicy, ValidateResourcePolicy } from '../api/policies.ts';
import type { CcmsDeps } from '../deps.ts';
import { policyHash } from '../domain/rows.ts';
import { isPublic, POLICY_NAME } from '../domain/secret-policy.ts';
import { secretArn } from '../domain/secret-ref.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import {
  type AnyCall,
  type Condition,
  namedOutput,
  placeOf,
  requireLive,
  resolveSecret,
  targetOf,
} from './secret-access.ts';
import { changeSecret } from './secret-change.ts';

const implement = implementFor<CcmsDeps>();

type Checked =
  | {
      ok: true;
      set: PolicySet;
      columns: { policy: string; policy_principals: string; policy_hash: string };
      isPublic: boolean;
    }
  | { ok: false; check: 'SYNTAX' | 'PRINCIPAL'; message: string; hint: string; details?: ErrorDetails };

async function checkPolicy(deps: CcmsDeps, text: string, secret: { arn: string; accountId: string }): Promise<Checked> {
  const read = readResourcePolicy(text, { arn: secret.arn, name: POLICY_NAME });
  if (!read.ok) {
    const hint = 'correct the policy at the place that is named';
    return { ok: false, check: 'SYNTAX', message: read.message, hint, details: { findings: read.findings } };
  }
  const { partition } = deps.settings;
  const named = await resolveNamed(deps.clients.iam, read.policy, partition, secret.accountId);
  if (named.missing.length > 0) {
    const message = 'the policy names principals that do not exist';
    return { ok: false, check: 'PRINCIPAL', message, hint: missingPrincipals(named.missing) };
  }
  const principals = JSON.stringify(named.bindings);
  return {
    ok: true,
    set: bindPolicy(read.policy, named.bindings),
    columns: { policy: text, policy_principals: principals, policy_hash: policyHash(text, principals) },
    isPublic: isPublic(read.policy),
  };
}

/** Whether the caller could still write the policy when it has become this one. */
async function couldCorrect(call: AnyCall, deps: CcmsDeps, secret: SecretRecord, policy: PolicySet): Promise<boolean> {
  const target = targetOf({ ...secret, policy }, secret.arn, { action: 'secretsmanager:PutResourcePolicy' }, deps);
  return policiesLetIn(call, deps, target);
}

const LOCK_OUT = 'This resource policy will not allow you to manage this secret in the future.';
const PUBLIC = 'the policy lets everybody in: a statement allows * without a condition that confines who asks';

export const putResourcePolicy = implement(PutResourcePolicy, {
  resolve(call, input, deps) {
    const conditions: Condition[] = [];
    if (input.BlockPublicPolicy !== undefined)
      conditions.push(['secretsmanager:BlockPublicPolicy', String(input.BlockPublicPolicy)]);
    return resolveSecret(call, deps, input.SecretId, { conditions });
  },
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const owner = { arn: secret.arn, accountId: secret.row.account_id };
    const checked = await checkPolicy(deps, input.ResourcePolicy, owner);
    if (!checked.ok) {
      const { message, hint, details } = checked;
      throw call.fail('MalformedPolicyDocument', message, { hint, ...(details && { details }) });
    }
    if (input.BlockPublicPolicy && checked.isPublic)
      throw call.fail('PublicPolicy', PUBLIC, { hint: 'name principals, or confine them with aws:PrincipalAccount' });
    if (!(await couldCorrect(call, deps, secret, checked.set)))
      throw call.fail('MalformedPolicyDocument', LOCK_OUT, { hint: 'do not deny yourself PutResourcePolicy' });
    return changeSecret(call, deps, secret, { edit: checked.columns, output: namedOutput(secret) });
  },
});

export const getResourcePolicy = implement(GetResourcePolicy, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  run(_call, _input, secret) {
    const { policy } = secret.row;
    return { ...namedOutput(secret), ...(policy !== '' && { ResourcePolicy: policy }) };
  },
});

export const deleteResourcePolicy = implement(DeleteResourcePolicy, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, _input, secret, deps) {
    requireLive(call, secret);
    const edit = { policy: '', policy_principals: '[]', policy_hash: policyHash('', '[]') };
    return changeSecret(call, deps, secret, { edit, output: namedOutput(secret) });
  },
});

export const validateResourcePolicy = implement(ValidateResourcePolicy, {
  resolve(call, input, deps): Resolved<SecretRecord | undefined> | Promise<Resolved<SecretRecord | undefined>> {
    if (input.SecretId !== undefined) return resolveSecret(call, deps, input.SecretId);
    return { targets: [{ resource: '*' }], state: undefined };
  },
  async run(call, input, secret, deps) {
    const place = placeOf(call, deps);
    const owner = secret
      ? { arn: secret.arn, accountId: secret.row.account_id }
      : { arn: secretArn(place, 'new', '??????'), accountId: place.accountId };
    const checked = await checkPolicy(deps, input.ResourcePolicy, owner);
    const found: { CheckName: string; ErrorMessage: string }[] = [];
    if (!checked.ok) found.push({ CheckName: checked.check, ErrorMessage: `${checked.message}: ${checked.hint}` });
    else {
      if (checked.isPublic) found.push({ CheckName: 'PUBLIC_POLICY', ErrorMessage: PUBLIC });
      if (secret && !(await couldCorrect(call, deps, secret, checked.set)))
        found.push({ CheckName: 'LOCK_OUT', ErrorMessage: LOCK_OUT });
    }
    const ValidationErrors = found.map((entry) => ({ ...entry, ErrorMessage: entry.ErrorMessage.slice(0, 4096) }));
    return { PolicyValidationPassed: found.length === 0, ValidationErrors };
  },
});
