/** A recorded decision as the audit service hands it out (`ReadDecisions`), and the request it answered. */
import type { DecisionSetting, FormLevel, UnpackedDecision } from '../../../../platform/contract/decision-form.ts';
import type { AuthorizationRequest, PrincipalFacts } from '../../../../policies/engine/index.ts';

export type RecordedLevel = FormLevel;
/** What bound a decision; many decisions share one. */
export type RecordedStack = Pick<DecisionSetting, 'AccountId' | 'Policies' | 'PrincipalLevels' | 'ResourceLevels'>;
export type RecordedSetting = DecisionSetting;

/** `Context`: of this request alone; what the caller's requests have in common stands with the setting. */
export type RecordedDecision = Omit<UnpackedDecision, 'setting'>;

const KINDS: ReadonlyMap<string, PrincipalFacts['kind']> = new Map([
  ['Root', 'root'],
  ['IAMUser', 'user'],
  ['AssumedRole', 'assumed-role'],
  ['FederatedUser', 'federated-user'],
]);

/** Undefined for callers without policies of their own: our services, anonymous ones. */
export function principalOf({ Principal, Issuer }: RecordedSetting): PrincipalFacts | undefined {
  const kind = KINDS.get(Principal.Type);
  const { Arn: arn, AccountId: accountId } = Principal;
  if (!kind || arn === undefined || accountId === undefined) return undefined;
  // A question about a role, outside any session.
  const roleArn = Issuer?.Arn ?? (arn.includes(':role/') ? arn : undefined);
  const uniqueId = entityId({ Principal, Issuer });
  return {
    kind,
    arn,
    accountId,
    ...(uniqueId !== undefined && { uniqueId }),
    ...(roleArn !== undefined && kind === 'assumed-role' && { roleArn }),
    ...(Issuer && kind === 'federated-user' && { userArn: Issuer.Arn }),
  };
}

/** Unique id of the user or role whose policies count. */
export function entityId({ Principal, Issuer }: Pick<RecordedSetting, 'Principal' | 'Issuer'>): string | undefined {
  return Issuer?.PrincipalId ?? Principal.PrincipalId;
}

/** `keys`: the context that is looked at; default: all of it. */
export function requestOf(
  recorded: RecordedDecision,
  setting: RecordedSetting,
  principal: PrincipalFacts,
  keys?: readonly string[],
): AuthorizationRequest {
  const context = new Map<string, string | readonly string[]>();
  for (const key of keys ?? [...Object.keys(setting.Context), ...Object.keys(recorded.Context)]) {
    const value = contextValue(key, recorded, setting);
    if (value !== undefined) context.set(key, value);
  }
  return {
    principal,
    action: recorded.Action,
    resource: recorded.Resource,
    ...(recorded.ResourceAccount !== undefined && { resourceAccount: recorded.ResourceAccount }),
    context,
  };
}

/** The setting first: the request's own context is not even parsed for what stands there. No key stands in both. */
function contextValue(key: string, recorded: RecordedDecision, setting: RecordedSetting) {
  const { Context } = Object.hasOwn(setting.Context, key) ? setting : recorded;
  return Object.hasOwn(Context, key) ? (Context[key] as string | readonly string[]) : undefined;
}
