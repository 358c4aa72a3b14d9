/** A recorded decision as the audit service hands it out (`ReadDecisions`), and the request it answered. */
import type { AuthorizationRequest, PrincipalFacts } from '../../../../policies/engine/index.ts';

export interface RecordedLevel {
  Id: string;
  /** `p-examplepolicy@version`. */
  Policies: readonly string[];
}

export interface RecordedDecision {
  EventId: string;
  EventName: string;
  Position: { Time: number; Sequence: number };
  Principal: {
    Type: string;
    Arn?: string | undefined;
    AccountId?: string | undefined;
    PrincipalId?: string | undefined;
  };
  Issuer?: { Arn: string; PrincipalId: string } | undefined;
  /** Somebody asked about the principal (Authorize). */
  Asked: boolean;
  /** The resource's policy as it was given with the question; absent: the record does not tell. */
  Given?: { ResourcePolicy?: string | undefined } | undefined;
  Action: string;
  Resource: string;
  ResourceAccount?: string | undefined;
  Effect: 'allow' | 'deny';
  Reason: string;
  Layer?: string | undefined;
  Level?: { Id: string } | undefined;
  Context: Readonly<Record<string, unknown>>;
}

/** What bound a decision; many decisions share one. */
export interface RecordedStack {
  /** Of the principal: its grants hold in projects of this account. Empty where it has none. */
  AccountId: string;
  /** `arn@version`, `boundary:` or `session:` in front of what is no identity policy. */
  Policies: readonly string[];
  /** From the root down; absent: no guardrail bound. */
  PrincipalLevels?: readonly RecordedLevel[] | undefined;
  ResourceLevels?: readonly RecordedLevel[] | undefined;
}

const KINDS: ReadonlyMap<string, PrincipalFacts['kind']> = new Map([
  ['Root', 'root'],
  ['IAMUser', 'user'],
  ['AssumedRole', 'assumed-role'],
  ['FederatedUser', 'federated-user'],
]);

/** Undefined for callers without policies of their own: our services, anonymous ones. */
export function principalOf({ Principal, Issuer }: RecordedDecision): PrincipalFacts | undefined {
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
export function entityId({ Principal, Issuer }: Pick<RecordedDecision, 'Principal' | 'Issuer'>): string | undefined {
  return Issuer?.PrincipalId ?? Principal.PrincipalId;
}

export function requestOf(
  recorded: RecordedDecision,
  principal: PrincipalFacts,
  hasBoundary: boolean,
): AuthorizationRequest {
  const { Context } = recorded;
  const context = new Map<string, string | readonly string[]>();
  for (const key of Object.keys(Context)) context.set(key, Context[key] as string | readonly string[]);
  return {
    principal: hasBoundary ? { ...principal, hasBoundary } : principal,
    action: recorded.Action,
    resource: recorded.Resource,
    ...(recorded.ResourceAccount !== undefined && { resourceAccount: recorded.ResourceAccount }),
    context,
  };
}
